#include "worker/plugin_tables.hpp"

#include <array>
#include <cstring>

#include <fmt/format.h>

#include "base/version.hpp"

namespace bitgate::worker {

std::string_view status_word(bg_status status) {
  constexpr std::array<std::string_view, 9> kWords = {
      "OK",          "INVALID_ARGUMENT", "UNSUPPORTED", "UNAVAILABLE", "OUT_OF_MEMORY",
      "DEVICE_LOST", "CANCELLED",        "INTERNAL",    "TRANSIENT"};
  return status >= 0 && static_cast<std::size_t>(status) < kWords.size()
             ? kWords[static_cast<std::size_t>(status)]
             : std::string_view("an unknown status");
}

void ErrorSlot::check(bg_status status) const {
  if (status == BG_OK) return;
  const std::string message(error_.message, ::strnlen(error_.message, sizeof(error_.message)));
  throw StatusError(status, message.empty() ? "the plugin gave no message" : message);
}

std::string bad_size(std::string_view what, std::uint32_t size, std::uint32_t least) {
  constexpr std::uint32_t kMost = 1U << 16;
  if (size >= least && size <= kMost) return {};
  return fmt::format(
      "the plugin's table of {} claims {} bytes, ABI {}.0 has {}: set struct_size to the sizeof of "
      "the struct in bitgate/abi.h",
      what, size, BG_ABI_MAJOR, least);
}

OpenPlugin::OpenPlugin(const bg_plugin& plugin, std::string_view options, Breadcrumb& breadcrumb,
                       Upcalls& upcalls)
    : plugin_(plugin), breadcrumb_(breadcrumb), upcalls_(upcalls) {
  static const auto self = [](void* ctx) -> OpenPlugin& { return *static_cast<OpenPlugin*>(ctx); };
  static constexpr bg_output kOutput = {sizeof(bg_output), 0,
                                        [](void* ctx, int32_t stream, bg_str text) {
                                          self(ctx).upcalls_.write(stream, to_string(text));
                                        }};
  host_.struct_size = sizeof(host_);
  host_.abi_minor = BG_ABI_MINOR;
  host_.ctx = this;
  host_.name = to_str("bitgate");
  host_.version = to_str(tool_version());
  host_.log = [](void* ctx, bg_log_level level, bg_str message) {
    self(ctx).upcalls_.log(level, to_string(message));
  };
  host_.cancelled = [](void* ctx) -> int32_t {
    return self(ctx).breadcrumb_.cancelled.load(std::memory_order_relaxed) != 0 ? 1 : 0;
  };
  host_.get_interface = [](void*, bg_str id) -> const void* {
    return to_string(id) == BG_OUTPUT_V1 ? &kOutput : nullptr;
  };
  breadcrumb_.enter(Step::kOpen);
  ErrorSlot error;
  error.check(plugin_.open(&host_, to_str(options), &instance_, error.get()));
}

OpenPlugin::~OpenPlugin() {
  breadcrumb_.enter(Step::kClose);
  plugin_.close(instance_);
}

const void* OpenPlugin::find_table(std::string_view id, std::uint32_t least) const {
  const void* table = plugin_.get_interface(instance_, to_str(id));
  if (table == nullptr) {
    throw StatusError(BG_UNSUPPORTED, fmt::format("the plugin has no interface {}", id));
  }
  std::uint32_t size = 0;
  std::memcpy(&size, table, sizeof(size));
  if (const std::string why = bad_size(id, size, least); !why.empty()) {
    throw StatusError(BG_INTERNAL, why);
  }
  return table;
}

}  // namespace bitgate::worker
