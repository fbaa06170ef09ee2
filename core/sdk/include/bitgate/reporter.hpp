// bitgate/reporter.hpp - write a reporter in C++20. Header-only, over abi.h; needs nothing else.
//
//   class MyReporter : public bitgate::Reporter { … };
//   BITGATE_REPORTER(my_reporter, "com.example.my-reporter", "1.0.0", MyReporter)
#pragma once

#include <bitgate/plugin.hpp>

#include <memory>

namespace bitgate {

/// Told about one run, in JSON. Its constructor takes (Host, std::string_view options_json).
/// Any call may throw bitgate::Error; the run goes on, and its verdict stays as it is.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void begin(std::string_view /*plan*/) {}
  virtual void event(std::string_view /*event*/) {}
  virtual void finish(std::string_view receipt) = 0;
};

namespace detail {

/// The C tables of one reporter class.
template <class T>
struct ReporterTables {
  static T& reporter(bg_instance* instance) { return *reinterpret_cast<T*>(instance); }

  static bg_status open(const bg_host* host, bg_str options, bg_instance** out, bg_error* err) {
    return guarded(err, [&] {
      *out =
          reinterpret_cast<bg_instance*>(std::make_unique<T>(Host(host), view(options)).release());
    });
  }
  static void close(bg_instance* instance) { delete &reporter(instance); }

  static bg_status begin(bg_instance* instance, bg_str plan, bg_error* err) {
    return guarded(err, [&] { reporter(instance).begin(view(plan)); });
  }
  static bg_status event(bg_instance* instance, bg_str event, bg_error* err) {
    return guarded(err, [&] { reporter(instance).event(view(event)); });
  }
  static bg_status finish(bg_instance* instance, bg_str receipt, bg_error* err) {
    return guarded(err, [&] { reporter(instance).finish(view(receipt)); });
  }

  static constexpr bg_reporter kTable = {sizeof(bg_reporter), 0, begin, event, finish};

  static const void* get_interface(bg_instance*, bg_str id) {
    return view(id) == BG_REPORTER_V1 ? &kTable : nullptr;
  }
};

}  // namespace detail
}  // namespace bitgate

/// Makes `Class`, a bitgate::Reporter, the plugin `id` of this library. See BITGATE_BACKEND.
#define BITGATE_REPORTER(ident, id, version, Class) \
  BITGATE_PLUGIN(ident, BG_KIND_REPORTER, id, version, Class, bitgate::detail::ReporterTables)
