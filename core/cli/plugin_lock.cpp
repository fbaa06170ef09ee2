// bitgate plugin lock
#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/pipeline_options.hpp"
#include "cli/plugin_commands.hpp"
#include "cli/plugin_options.hpp"
#include "pipeline/reader.hpp"
#include "run/backend_pool.hpp"
#include "worker/lock.hpp"
#include "worker/search.hpp"

namespace bitgate::cli {
namespace {

/// Reporters that `bitgate run` uses without being told to by the pipeline.
void add_usual_reporters(const worker::Catalog& catalog, worker::Lock& lock) {
  for (const char* id : {"console", "json"}) {
    try {
      lock.add(pin_of(worker::find_plugin(catalog, id, "reporter")));
    } catch (const worker::NotFound&) {
      continue;  // an installation may go without them
    }
  }
}

}  // namespace

int plugin_lock(const Arguments& arguments) {
  po::options_description options = search_options();
  options.add_options()("lock", po::value<std::string>()->value_name("FILE"),
                        "write this file instead of bitgate.lock beside the pipeline");
  const Usage usage{"bitgate plugin lock [FILE] [options]",
                    "Pins the plugins of a pipeline: writes the sha256 of each file to "
                    "bitgate.lock beside it.\nWith --locked, a run uses no others. Runs no plugin "
                    "code.",
                    kPipelineArgument, 1};
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  const Pipeline pipeline = read_pipeline(pipeline_path(*values));
  const worker::Catalog catalog = search_plugins(*values);
  worker::Lock lock(lock_path(*values, pipeline.path));
  for (const BackendSpec& backend : pipeline.backends) {
    lock.add(pin_of(resolve_plugin(backend.plugin, "backend", pipeline, catalog)));
  }
  for (const ReporterSpec& reporter : pipeline.reporters) {
    lock.add(pin_of(resolve_plugin(reporter.plugin, "reporter", pipeline, catalog)));
  }
  add_usual_reporters(catalog, lock);
  lock.write();
  for (const worker::Pin& pin : lock.pins()) {
    fmt::print("{} {} {} {}\n", pin.kind, pin.id, pin.version, pin.sha256);
  }
  fmt::print("{}: {} plugins pinned\n", lock.path().string(), lock.pins().size());
  return 0;
}

}  // namespace bitgate::cli
