#include "run/plugin_rules.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "pipeline/diagnostics.hpp"
#include "pipeline/option_schema.hpp"
#include "worker/describe.hpp"

namespace bitgate {
namespace {

using nlohmann::json;

/// A backend or reporter of a pipeline.
struct Use {
  std::string path;  ///< "backends.simd", "reporters[0]"
  std::string kind;
  std::string plugin;
  const json* options;
  const OptionPlaces* places;
  std::string file;  ///< where it was written
};

std::vector<Use> uses_of(const Pipeline& pipeline) {
  std::vector<Use> uses;
  for (const BackendSpec& backend : pipeline.backends) {
    uses.push_back({"backends." + backend.name, "backend", backend.plugin, &backend.options,
                    &backend.option_places, pipeline.file});
  }
  for (std::size_t i = 0; i < pipeline.reporters.size(); ++i) {
    const ReporterSpec& reporter = pipeline.reporters[i];
    uses.push_back({fmt::format("reporters[{}]", i), "reporter", reporter.plugin, &reporter.options,
                    &reporter.option_places,
                    reporter.file.empty() ? pipeline.file : reporter.file});
  }
  return uses;
}

/// Schemas by file, each plugin asked once.
class Schemas {
 public:
  explicit Schemas(const worker::WorkerOptions& options) : options_(options) {}

  const json& of(const worker::PluginFile& file) {
    const auto key = std::pair(file.path, file.identity.id);
    const auto known = schemas_.find(key);
    if (known != schemas_.end()) return known->second;
    return schemas_.emplace(key, worker::describe(file, options_).options).first->second;
  }

 private:
  worker::WorkerOptions options_;
  std::map<std::pair<std::filesystem::path, std::string>, json> schemas_;
};

/// Of an option given on the command line there is no place in the file.
Diagnostic diagnostic_of(const OptionMistake& mistake, const Use& use) {
  const auto& places = mistake.at_key ? use.places->keys : use.places->values;
  const auto place = places.find(mistake.pointer);
  const std::string below = dotted(mistake.pointer);
  const std::string path =
      use.path + ".options" + (below.empty() || below.front() == '[' ? "" : ".") + below;
  if (place == places.end()) {
    return {"command line", 0, 0, use.plugin, mistake.message};
  }
  return {use.file, place->second.line, place->second.column, path, mistake.message};
}

}  // namespace

worker::PluginFile resolve_plugin(const std::string& plugin, const std::string& kind,
                                  const Pipeline& pipeline, const worker::Catalog& catalog) {
  const bool is_path =
      plugin.starts_with("./") || plugin.starts_with("../") || plugin.starts_with("/");
  if (!is_path) return worker::find_plugin(catalog, plugin, kind);
  return worker::plugin_at(pipeline.path.parent_path() / plugin, kind, catalog.options);
}

void require_pinned(const Pipeline& pipeline, const worker::Catalog& catalog) {
  if (!catalog.options.lock) return;
  std::string objections;
  for (const Use& use : uses_of(pipeline)) {
    try {
      static_cast<void>(resolve_plugin(use.plugin, use.kind, pipeline, catalog));
    } catch (const worker::NotPinned& error) {
      objections += (objections.empty() ? "" : "\n") + std::string(error.what());
    } catch (const worker::NotFound&) {
      continue;  // of a plugin that is not there nothing can be loaded
    }
  }
  if (!objections.empty()) throw worker::NotPinned(objections);
}

std::vector<std::string> check_options(const Pipeline& pipeline, const worker::Catalog& catalog,
                                       const worker::WorkerOptions& worker_options) {
  std::vector<std::string> unchecked;
  std::vector<Diagnostic> diagnostics;
  Schemas schemas(worker_options);
  for (const Use& use : uses_of(pipeline)) {
    try {
      const json& schema = schemas.of(resolve_plugin(use.plugin, use.kind, pipeline, catalog));
      for (const OptionMistake& mistake : option_mistakes(schema, *use.options)) {
        diagnostics.push_back(diagnostic_of(mistake, use));
      }
    } catch (const std::runtime_error& error) {
      const std::string why = error.what();
      unchecked.push_back(
          fmt::format("options of {} not checked: {}", use.path, why.substr(0, why.find('\n'))));
    }
  }
  if (!diagnostics.empty()) throw ConfigError(diagnostics);
  return unchecked;
}

}  // namespace bitgate
