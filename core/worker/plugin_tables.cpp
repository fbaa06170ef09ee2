#include "worker/plugin_tables.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/secret.hpp"
#include "base/text.hpp"
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
  throw StatusError(status, message.empty() ? kNoMessage : message);
}

std::string bad_size(std::string_view what, std::uint32_t size, std::uint32_t least) {
  constexpr std::uint32_t kMost = 1U << 16;
  if (size >= least && size <= kMost) return {};
  return fmt::format(
      "the plugin's table of {} claims {} bytes, ABI {}.0 has {}: set struct_size to the sizeof of "
      "the struct in bitgate/abi.h",
      what, size, BG_ABI_MAJOR, least);
}

std::string description_of(const bg_plugin& plugin) {
  std::string text;
  const bg_sink sink{&text, [](void* ctx, const char* data, std::uint64_t size) {
                       static_cast<std::string*>(ctx)->append(data, size);
                     }};
  ErrorSlot error;
  error.check(plugin.describe(&sink, error.get()));
  return text;
}

OpenPlugin::OpenPlugin(const bg_plugin& plugin, std::string_view options, Breadcrumb& breadcrumb,
                       Upcalls& upcalls, HostSize host_size, Secrets secrets)
    : plugin_(plugin),
      breadcrumb_(breadcrumb),
      upcalls_(upcalls),
      secrets_(std::move(secrets)),
      host_(host(), host_size) {
  breadcrumb_.enter(Step::kOpen);
  ErrorSlot error;
  error.check(plugin_.open(host_.get(), to_str(options), &instance_, error.get()));
}

bg_host OpenPlugin::host() {
  static const auto self = [](void* ctx) -> OpenPlugin& { return *static_cast<OpenPlugin*>(ctx); };
  static constexpr bg_output kOutput = {sizeof(bg_output), 0,
                                        [](void* ctx, int32_t stream, bg_str text) {
                                          self(ctx).upcalls_.write(stream, to_string(text));
                                        }};
  static constexpr bg_secret kSecret = {
      sizeof(bg_secret), 0, [](void* ctx, bg_str option, const bg_sink* value, bg_error* err) {
        return self(ctx).read_secret(to_string(option), *value, err);
      }};
  bg_host table{};
  table.struct_size = sizeof(table);
  table.abi_minor = BG_ABI_MINOR;
  table.ctx = this;
  table.name = to_str("bitgate");
  table.version = to_str(tool_version());
  table.log = [](void* ctx, bg_log_level level, bg_str message) {
    self(ctx).upcalls_.log(level, to_string(message));
  };
  table.cancelled = [](void* ctx) -> int32_t {
    return self(ctx).breadcrumb_.cancelled.load(std::memory_order_relaxed) != 0 ? 1 : 0;
  };
  table.get_interface = [](void* ctx, bg_str id) -> const void* {
    const std::string name = to_string(id);
    if (name == BG_OUTPUT_V1) return &kOutput;
    const bool may_know = self(ctx).plugin_.kind == BG_KIND_REPORTER;
    return name == BG_SECRET_V1 && may_know ? &kSecret : nullptr;
  };
  return table;
}

bg_status OpenPlugin::read_secret(std::string_view option, const bg_sink& value,
                                  bg_error* err) const {
  const auto fail = [&](bg_status status, const std::string& message) {
    if (err == nullptr) return status;
    err->code = status;
    const std::string_view fits = utf8_prefix(message, sizeof(err->message) - 1);
    std::memcpy(err->message, fits.data(), fits.size());
    err->message[fits.size()] = '\0';
    return status;
  };
  const std::optional<std::string> name = secret_name(option);
  if (!name) {
    return fail(BG_INVALID_ARGUMENT,
                "only an option written as ${secret:NAME} can be asked for its secret");
  }
  const auto found = secrets_.find(*name);
  if (found == secrets_.end()) {
    return fail(
        BG_UNAVAILABLE,
        fmt::format("the secret {} is not there: set the environment variable {}, or {}_FILE "
                    "to the path of a file that holds it",
                    *name, *name, *name));
  }
  value.write(value.ctx, found->second.data(), found->second.size());
  return BG_OK;
}

OpenPlugin::~OpenPlugin() {
  breadcrumb_.enter(Step::kClose);
  plugin_.close(instance_);
}

bool OpenPlugin::has_interface(std::string_view id) const {
  return plugin_.get_interface(instance_, to_str(id)) != nullptr;
}

void OpenPlugin::fail_without(std::string_view id) {
  throw StatusError(BG_UNSUPPORTED, fmt::format("the plugin has no interface {}", id));
}

const void* OpenPlugin::find_table(std::string_view id, std::uint32_t least) const {
  const void* table = plugin_.get_interface(instance_, to_str(id));
  if (table == nullptr) return nullptr;
  std::uint32_t size = 0;
  std::memcpy(&size, table, sizeof(size));
  if (const std::string why = bad_size(id, size, least); !why.empty()) {
    throw StatusError(BG_INTERNAL, why);
  }
  return table;
}

}  // namespace bitgate::worker
