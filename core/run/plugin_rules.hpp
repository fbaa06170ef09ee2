// What a pipeline says about its plugins, held against the plugins themselves before anything runs.
#pragma once

#include <string>
#include <vector>

#include "pipeline/pipeline.hpp"
#include "worker/search.hpp"
#include "worker/worker.hpp"

namespace bitgate {

/// The plugin file that a pipeline's `plugin` names: an id, or a path relative to the pipeline's
/// directory that starts with "./", "../" or "/". Throws worker::NotFound.
worker::PluginFile resolve_plugin(const std::string& plugin, const std::string& kind,
                                  const Pipeline& pipeline, const worker::Catalog& catalog);

/// Throws worker::NotPinned, with all objections, if the catalog's lock objects to a plugin of the
/// pipeline.
void require_pinned(const Pipeline& pipeline, const worker::Catalog& catalog);

/// Checks the options of all backends and reporters against their plugins' schemas, asked for in
/// workers. Throws ConfigError. Returns a sentence for each whose options can't be checked, because
/// the plugin is missing or does not describe itself.
std::vector<std::string> check_options(const Pipeline& pipeline, const worker::Catalog& catalog,
                                       const worker::WorkerOptions& worker_options);

}  // namespace bitgate
