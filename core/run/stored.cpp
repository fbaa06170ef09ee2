#include "run/stored.hpp"

#include <stdexcept>

#include "pipeline/diagnostics.hpp"
#include "run/documents.hpp"
#include "run/plugin_rules.hpp"
#include "run/reporting.hpp"
#include "run/worker_setup.hpp"
#include "worker/describe.hpp"

namespace bitgate {

namespace {

/// A pipeline that has these reporters and nothing else.
Pipeline reporting_with(std::span<const ReporterSpec> reporters) {
  Pipeline out;
  out.reporters.assign(reporters.begin(), reporters.end());
  return out;
}

bool report(const Pipeline& pipeline, const std::string& plan, const std::string& document,
            const worker::Catalog& catalog, const worker::WorkerOptions& workers) {
  Reporting reporting(pipeline, catalog, workers);
  reporting.begin(plan);
  reporting.finish(document);
  return !reporting.required_failed();
}

/// Throws ConfigError at a reporter that knows no trends; one that is not there is found missing
/// later.
void require_trends(const Pipeline& pipeline, const worker::Catalog& catalog,
                    const worker::WorkerOptions& workers) {
  for (const ReporterSpec& spec : pipeline.reporters) {
    try {
      const worker::PluginFile file = resolve_plugin(spec.plugin, "reporter", pipeline, catalog);
      if (worker::describe(file, workers).trends) continue;
    } catch (const std::runtime_error&) {
      continue;
    }
    throw ConfigError({{"command line", 0, 0, spec.plugin,
                        "reports receipts and no trends; console, markdown and json do both"}});
  }
}

}  // namespace

bool report_stored(const nlohmann::ordered_json& receipt, std::span<const ReporterSpec> reporters,
                   const worker::SearchOptions& plugins, const Context& context) {
  const Pipeline pipeline = reporting_with(reporters);
  const std::string plan = plan_document(receipt, this_terminal(), context);
  const worker::Catalog catalog = worker::search(worker::search_directories(), plugins);
  const worker::WorkerOptions workers = worker_setup(pipeline.limits, true);
  static_cast<void>(check_options(pipeline, catalog, workers));
  return report(pipeline, plan, receipt.dump(), catalog, workers);
}

bool report_trend(const nlohmann::ordered_json& trend, std::span<const ReporterSpec> reporters,
                  const worker::SearchOptions& plugins) {
  Pipeline pipeline = reporting_with(reporters);
  pipeline.name = "trend";
  const worker::Catalog catalog = worker::search(worker::search_directories(), plugins);
  const worker::WorkerOptions workers = worker_setup(pipeline.limits, true);
  static_cast<void>(check_options(pipeline, catalog, workers));
  require_trends(pipeline, catalog, workers);
  return report(pipeline, plan_document(pipeline, {}, this_terminal()), trend.dump(), catalog,
                workers);
}

}  // namespace bitgate
