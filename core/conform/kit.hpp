// Running the checks on a plugin.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conform/bench.hpp"
#include "conform/check.hpp"

namespace bitgate::conform {

/// Which checks run.
struct Selection {
  std::vector<std::string> include;  ///< filters on names (see filter_matches); empty: all
  std::vector<std::string> exclude;
  std::string device;  ///< empty: all devices

  [[nodiscard]] bool selects(std::string_view name) const;
};

/// Thrown if the library can't be loaded, so that nothing can be checked.
class NotLoadable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Thrown for a device that the plugin does not have.
class NoSuchDevice : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Options that open the plugin: `given`, and for every option that its description requires beyond
/// them an example, a default, a permitted value, or a file in `scratch`. Throws NotLoadable.
nlohmann::json complete_options(const Setting& setting, const nlohmann::json& given);

/// Runs the selected checks on the plugin and tells each result as it is there. Throws NotLoadable,
/// NoSuchDevice, worker::Interrupted.
std::vector<Result> run_checks(const Setting& setting, const Selection& selection,
                               const std::function<void(const Result&)>& on_result);

}  // namespace bitgate::conform
