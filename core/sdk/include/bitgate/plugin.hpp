// What backend.hpp and reporter.hpp share: errors, text, the host, and the guard that keeps
// exceptions inside the plugin. Include one of those two instead.
#pragma once

#include <bitgate/abi.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bitgate {

/// Thrown by plugin code to end a call with a status and a sentence for the user.
class Error : public std::runtime_error {
 public:
  Error(bg_status status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  [[nodiscard]] bg_status status() const noexcept { return status_; }

 private:
  bg_status status_;
};

/// The host as the plugin sees it; valid while the plugin is open.
class Host {
 public:
  explicit Host(const bg_host* host) : host_(host) {}

  void log(bg_log_level level, std::string_view message) const {
    host_->log(host_->ctx, level, {message.data(), message.size()});
  }
  /// True once the user wants the run to end.
  [[nodiscard]] bool cancelled() const { return host_->cancelled(host_->ctx) != 0; }
  /// Writes to the run's stdout or stderr (BG_STDOUT, BG_STDERR); for reporters.
  void write(int stream, std::string_view text) const {
    const std::string_view id = BG_OUTPUT_V1;
    const auto* output =
        static_cast<const bg_output*>(host_->get_interface(host_->ctx, {id.data(), id.size()}));
    if (output == nullptr) throw Error(BG_UNSUPPORTED, "the host offers no bitgate.output/1");
    output->write(host_->ctx, stream, {text.data(), text.size()});
  }
  /// The value of an option that is a secret (writeOnly in the schema), given as the constructor
  /// got it: "${secret:NAME}". For reporters. Throws Error with BG_UNAVAILABLE if this machine has
  /// no such secret.
  [[nodiscard]] std::string secret(std::string_view option) const {
    const std::string_view id = BG_SECRET_V1;
    const auto* secrets =
        static_cast<const bg_secret*>(host_->get_interface(host_->ctx, {id.data(), id.size()}));
    if (secrets == nullptr) throw Error(BG_UNSUPPORTED, "the host offers no bitgate.secret/1");
    std::string value;
    const bg_sink sink{&value, [](void* ctx, const char* data, std::uint64_t size) {
                         static_cast<std::string*>(ctx)->append(data, size);
                       }};
    bg_error error{};
    error.struct_size = sizeof(error);
    const bg_status status =
        secrets->read(host_->ctx, {option.data(), option.size()}, &sink, &error);
    if (status != BG_OK) throw Error(status, error.message);
    return value;
  }

 private:
  const bg_host* host_;
};

namespace detail {

inline std::string_view view(bg_str text) {
  return text.size == 0 ? std::string_view{} : std::string_view{text.data, text.size};
}

inline bg_str str(std::string_view text) { return {text.data(), text.size()}; }

inline bg_status fail(bg_error* err, bg_status status, std::string_view message) noexcept {
  if (err != nullptr) {
    err->code = status;
    const std::size_t size = std::min(message.size(), sizeof(err->message) - 1);
    std::memcpy(err->message, message.data(), size);
    err->message[size] = '\0';
  }
  return status;
}

/// Runs `body` and turns whatever it throws into a status: no exception leaves the plugin.
template <class Body>
bg_status guarded(bg_error* err, Body&& body) noexcept {
  try {
    body();
    return BG_OK;
  } catch (const Error& error) {
    return fail(err, error.status(), error.what());
  } catch (const std::bad_alloc&) {
    return fail(err, BG_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    return fail(err, BG_INTERNAL, error.what());
  } catch (...) {
    return fail(err, BG_INTERNAL, "an exception that is no std::exception");
  }
}

}  // namespace detail
}  // namespace bitgate

// NOLINTBEGIN(bugprone-macro-parentheses): a class can stand in none
/// Behind BITGATE_BACKEND and BITGATE_REPORTER.
#define BITGATE_PLUGIN(ident, plugin_kind, plugin_id, plugin_version, Class, Tables)             \
  BG_PLUGIN_NOTE(ident, plugin_kind, plugin_id, plugin_version);                                 \
  extern "C" BG_EXPORT const bg_plugin* bg_plugin_query_v1(std::uint32_t, std::uint32_t index) { \
    static constexpr bg_plugin kPlugin = {sizeof(bg_plugin),                                     \
                                          BG_ABI_MINOR,                                          \
                                          BG_MIN_HOST_MINOR,                                     \
                                          plugin_kind,                                           \
                                          0,                                                     \
                                          {plugin_id, sizeof(plugin_id) - 1},                    \
                                          {plugin_version, sizeof(plugin_version) - 1},          \
                                          {BG_BUILD, sizeof(BG_BUILD) - 1},                      \
                                          [](const bg_sink* sink, bg_error* err) {               \
                                            return bitgate::detail::guarded(err, [&] {           \
                                              const std::string_view text = Class::kDescription; \
                                              sink->write(sink->ctx, text.data(), text.size());  \
                                            });                                                  \
                                          },                                                     \
                                          Tables<Class>::open,                                   \
                                          Tables<Class>::close,                                  \
                                          Tables<Class>::get_interface};                         \
    return index == 0 ? &kPlugin : nullptr;                                                      \
  }
// NOLINTEND(bugprone-macro-parentheses)
