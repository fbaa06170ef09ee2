#include "run/stored.hpp"

#include "run/documents.hpp"
#include "run/plugin_rules.hpp"
#include "run/reporting.hpp"
#include "run/worker_setup.hpp"

namespace bitgate {

bool report_stored(const nlohmann::ordered_json& receipt, std::span<const ReporterSpec> reporters,
                   const worker::SearchOptions& plugins, const Context& context) {
  Pipeline pipeline;
  pipeline.reporters.assign(reporters.begin(), reporters.end());
  const std::string plan = plan_document(receipt, this_terminal(), context);
  const worker::Catalog catalog = worker::search(worker::search_directories(), plugins);
  const worker::WorkerOptions workers = worker_setup(pipeline.limits, true);
  static_cast<void>(check_options(pipeline, catalog, workers));
  Reporting reporting(pipeline, catalog, workers);
  reporting.begin(plan);
  reporting.finish(receipt.dump());
  return !reporting.required_failed();
}

}  // namespace bitgate
