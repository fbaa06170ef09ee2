#include "cli/plugin_options.hpp"

#include <string>
#include <vector>

#include "cli/config_source.hpp"
#include "worker/lock_text.hpp"

namespace bitgate::cli {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> paths(const po::variables_map& values, const char* name) {
  if (values.count(name) == 0) return {};
  const auto& texts = values[name].as<std::vector<std::string>>();
  return {texts.begin(), texts.end()};
}

}  // namespace

po::options_description search_options() {
  po::options_description options;
  auto add = options.add_options();
  add("plugin", po::value<std::vector<std::string>>()->composing()->value_name("FILE"),
      "a plugin file that goes before all that are found elsewhere (repeatable)");
  options.add(trust_options());
  return options;
}

po::options_description trust_options() {
  po::options_description options;
  options.add_options()(
      "trust-dir", po::value<std::vector<std::string>>()->composing()->value_name("DIR"),
      "use plugins below DIR whoever can write there; the receipt says so (repeatable)");
  return options;
}

po::options_description lock_options() {
  po::options_description options;
  auto add = options.add_options();
  add("locked", "use only plugins that bitgate.lock beside the pipeline pins");
  add("lock", po::value<std::string>()->value_name("FILE"), "the same, with another lock file");
  return options;
}

fs::path lock_path(const po::variables_map& values, const fs::path& pipeline) {
  if (values.count("lock") != 0) return values["lock"].as<std::string>();
  return pipeline.parent_path() / worker::kLockName;
}

worker::Trust trust_of(const po::variables_map& values) {
  try {
    return worker::Trust(paths(values, "trust-dir"));
  } catch (const std::runtime_error& error) {
    throw UsageError(error.what());
  }
}

worker::SearchOptions plugin_rules(const po::variables_map& values) {
  return {paths(values, "plugin"), trust_of(values), {}};
}

worker::Catalog search_plugins(const po::variables_map& values) {
  return worker::search(worker::search_directories(), plugin_rules(values));
}

worker::SearchOptions plugin_rules(const po::variables_map& values, const fs::path& pipeline) {
  worker::SearchOptions rules = plugin_rules(values);
  if (values.count("locked") != 0 || values.count("lock") != 0) {
    try {
      const fs::path path = lock_path(values, pipeline);
      rules.lock = has_config_ref(values) ? worker::parse_lock(read_from_ref(values, path), path)
                                          : worker::Lock::read(path);
    } catch (const std::runtime_error& error) {
      throw UsageError(error.what());
    }
  }
  return rules;
}

}  // namespace bitgate::cli
