// A plugin opened in this process: its tables, called safely.
#pragma once

#include <bitgate/abi.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "worker/breadcrumb.hpp"
#include "worker/host_table.hpp"
#include "worker/secrets.hpp"

namespace bitgate::worker {

/// A plugin's call ended with a status other than BG_OK.
class StatusError : public std::runtime_error {
 public:
  StatusError(bg_status status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  [[nodiscard]] bg_status status() const { return status_; }

 private:
  bg_status status_;
};

/// The public word of a status: "UNSUPPORTED".
std::string_view status_word(bg_status status);

/// What stands for the message of a plugin that gave none with a status other than BG_OK.
inline constexpr const char* kNoMessage = "the plugin gave no message";

/// Room for a plugin's error text, and the check of what it returned.
class ErrorSlot {
 public:
  ErrorSlot() { error_.struct_size = sizeof(error_); }
  bg_error* get() { return &error_; }
  /// Throws StatusError unless `status` is BG_OK.
  void check(bg_status status) const;

 private:
  bg_error error_{};
};

/// What a plugin may ask of the host while it runs.
class Upcalls {
 public:
  virtual ~Upcalls() = default;
  virtual void log(int level, std::string_view text) = 0;
  virtual void write(int stream, std::string_view text) = 0;
};

/// The size of a table in ABI 1.0, whatever was appended since: what every plugin has.
template <class Table>
inline constexpr std::uint32_t kFirstSize = 0;
template <>
inline constexpr std::uint32_t kFirstSize<bg_plugin> = offsetof(bg_plugin, get_interface) +
                                                       sizeof(bg_plugin::get_interface);
template <>
inline constexpr std::uint32_t kFirstSize<bg_backend> = offsetof(bg_backend, synchronize) +
                                                        sizeof(bg_backend::synchronize);
template <>
inline constexpr std::uint32_t kFirstSize<bg_reporter> = offsetof(bg_reporter, finish) +
                                                         sizeof(bg_reporter::finish);

template <>
inline constexpr std::uint32_t kFirstSize<bg_device_timer> = offsetof(bg_device_timer, read) +
                                                             sizeof(bg_device_timer::read);

template <>
inline constexpr std::uint32_t kFirstSize<bg_footprint> = offsetof(bg_footprint, tensor_bytes) +
                                                          sizeof(bg_footprint::tensor_bytes);

/// Why no table can have this size; empty if it can. A larger table than ours is a newer one.
std::string bad_size(std::string_view what, std::uint32_t size, std::uint32_t least);

/// The JSON text that the plugin describes itself with. Throws StatusError.
std::string description_of(const bg_plugin& plugin);

/// Opens a plugin and closes it. Not movable: the plugin keeps a pointer to the host table.
class OpenPlugin {
 public:
  /// `secrets` are for reporters; a backend has no way to ask for them.
  OpenPlugin(const bg_plugin& plugin, std::string_view options, Breadcrumb& breadcrumb,
             Upcalls& upcalls, HostSize host_size = HostSize::kOwn, Secrets secrets = {});
  OpenPlugin(const OpenPlugin&) = delete;
  OpenPlugin& operator=(const OpenPlugin&) = delete;
  ~OpenPlugin();

  [[nodiscard]] bg_instance* instance() const { return instance_; }

  [[nodiscard]] bool has_interface(std::string_view id) const;

  /// The table of an interface. Throws StatusError if the plugin lacks it or its table is too
  /// short.
  template <class Table>
  const Table& table(std::string_view id) const {
    if (const Table* found = optional_table<Table>(id)) return *found;
    fail_without(id);
  }
  /// The table of an interface that a plugin need not have; nullptr without. Throws StatusError if
  /// its table is too short.
  template <class Table>
  const Table* optional_table(std::string_view id) const {
    return static_cast<const Table*>(find_table(id, kFirstSize<Table>));
  }

 private:
  [[noreturn]] static void fail_without(std::string_view id);
  [[nodiscard]] bg_host host();
  bg_status read_secret(std::string_view option, const bg_sink& value, bg_error* err) const;
  [[nodiscard]] const void* find_table(std::string_view id, std::uint32_t least) const;

  const bg_plugin& plugin_;
  Breadcrumb& breadcrumb_;
  Upcalls& upcalls_;
  Secrets secrets_;
  HostTable host_;
  bg_instance* instance_ = nullptr;
};

inline bg_str to_str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string to_string(bg_str text) {
  return text.size == 0 ? std::string() : std::string(text.data, text.size);
}

}  // namespace bitgate::worker
