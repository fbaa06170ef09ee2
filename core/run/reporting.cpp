#include "run/reporting.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "run/backend_pool.hpp"
#include "run/secrets.hpp"
#include "worker/interrupt.hpp"

namespace bitgate {

Reporting::Reporting(const Pipeline& pipeline, const worker::Catalog& catalog,
                     const worker::WorkerOptions& options) {
  worker::WorkerOptions here = options;
  here.leave_directory = false;  // relative paths in a reporter's options mean the user's directory
  for (const ReporterSpec& spec : pipeline.reporters) {
    worker::Secrets secrets;
    try {
      const worker::PluginFile file = resolve_plugin(spec.plugin, "reporter", pipeline, catalog);
      secrets = read_secrets(spec.options);
      auto client = std::make_unique<worker::ReporterClient>(file, spec.options,
                                                             discreet(here, secrets), secrets);
      plugins_.push_back(plugin_info(file, client->build()));
      active_.push_back({spec, secrets, std::move(client)});
    } catch (const std::exception& error) {
      failed(spec, secrets, error.what());
    } catch (const worker::Interrupted&) {
      failed(spec, secrets, "interrupted while it was opened");
    }
  }
}

void Reporting::begin(const std::string& plan) {
  tell([&](worker::ReporterClient& reporter) { reporter.begin(plan); });
}

void Reporting::event(const std::string& event) {
  tell([&](worker::ReporterClient& reporter) { reporter.event(event); });
}

void Reporting::finish(const std::string& receipt) {
  tell([&](worker::ReporterClient& reporter) { reporter.finish(receipt); });
}

template <class Call>
void Reporting::tell(const Call& call) {
  std::erase_if(active_, [&](Active& active) {
    try {
      call(*active.client);
      return false;
    } catch (const std::exception& error) {
      failed(active.spec, active.secrets, error.what());
      return true;
    }
  });
}

void Reporting::failed(const ReporterSpec& spec, const worker::Secrets& secrets,
                       const std::string& why) {
  spdlog::log(spec.required ? spdlog::level::err : spdlog::level::warn, "reporter {}: {}{}",
              spec.plugin, without_secrets(why, secrets),
              spec.required ? " (it is required: exit code 4 instead of 0)"
                            : " (the verdict stands without it)");
  required_failed_ = required_failed_ || spec.required;
}

}  // namespace bitgate
