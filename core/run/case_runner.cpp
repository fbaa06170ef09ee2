#include "run/case_runner.hpp"

#include <bitgate/abi.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "measure/disturbance.hpp"
#include "pipeline/scope.hpp"
#include "run/benchmark_case.hpp"
#include "run/case_metrics.hpp"
#include "run/devices.hpp"
#include "run/stages.hpp"
#include "worker/interrupt.hpp"

namespace bitgate {
namespace {

void fail(CaseResult& result, std::string detail) {
  result.status = CaseStatus::kError;
  result.reason = {reason::kError, std::move(detail)};
}

void skip(CaseResult& result, const char* code, std::string detail) {
  result.status = CaseStatus::kSkipped;
  result.reason = {code, std::move(detail)};
}

/// Whether a plugin may still find in this step that the machine lacks what it takes. Later it has
/// said yes already, and a refusal is a fault: else a broken kernel could excuse itself.
bool opens(const std::string& step) {
  return step == "open" || step == "device_info" || step == "session_open";
}

/// Why a plugin is unavailable. One that knows better than "unavailable" begins its message with
/// one of the gate contract's words.
Reason unavailable(const std::string& message) {
  for (const char* code :
       {reason::kNoGpuAvailable, reason::kMissingTool, reason::kNoCppReference}) {
    const std::string prefix = std::string(code) + ": ";
    if (message.rfind(prefix, 0) == 0) return {code, message.substr(prefix.size())};
  }
  return {reason::kUnavailable, message};
}

/// Whether a fallback may be tried: only for what the machine or the backend does not have.
/// Anything that went wrong stays a fault.
bool lacks_something(const CaseResult& result) {
  const std::string& code = result.reason.code;
  return result.status == CaseStatus::kSkipped &&
         (code == reason::kUnavailable || code == reason::kNoGpuAvailable ||
          code == reason::kMissingTool || code == reason::kNoCppReference ||
          code == reason::kUnsupported);
}

/// Whatever the case's own backend lacks takes the whole graph with it: caches and activations of
/// one model are not in two processes.
void say_why_elsewhere(CaseResult& result, const CaseResult& own) {
  if (!result.generation) return;
  for (PlacedOperation& placed : result.generation->placement) {
    const auto lacked =
        std::find_if(own.lacks.begin(), own.lacks.end(), [&](const LackedOperation& one) {
          return one.operation == placed.operation && one.kind == placed.kind;
        });
    placed.reason = lacked != own.lacks.end() ? lacked->reason
                    : own.lacks.empty()       ? own.reason.text()
                                        : fmt::format("stays with what {} lacks", own.backend);
  }
}

/// Whether a case is not run because of the pipeline's features and scope.
bool is_off(const std::string& code) {
  return reason::is_declared(code) || code == reason::kMissingContext;
}

constexpr int kMoreLooks = 10;

/// Whether a case that has a ceiling is faster than it.
bool beats_ceiling(const CaseResult& result) {
  const auto share = result.metrics.find("compute.ceiling");
  return share != result.metrics.end() && share->second.value.value_or(0) > 1;
}

}  // namespace

CaseResult CaseRunner::run(const Case& what) {
  CaseResult own = attempt(what);
  if (what.backend->fallback.empty() || !lacks_something(own)) return own;
  std::vector<Refusal> refused = {{own.backend, own.reason}};
  for (const std::string& name : what.backend->fallback) {
    Case other = what;
    other.backend = &*std::find_if(pipeline_.backends.begin(), pipeline_.backends.end(),
                                   [&](const BackendSpec& one) { return one.name == name; });
    CaseResult result = attempt(other);
    if (lacks_something(result) || is_off(result.reason.code)) {
      refused.push_back({name, result.reason});
      continue;
    }
    result.backend = own.backend;
    result.requested = own.requested;
    result.detected = own.detected;
    result.fallback = {name, std::move(refused)};
    result.lacks = own.lacks;
    say_why_elsewhere(result, own);
    // What another backend did says nothing about this one: it is there to see and meets no gate.
    if (result.status == CaseStatus::kMeasured) {
      result.status = CaseStatus::kSkipped;
      result.reason = own.reason;
      result.reason.detail += fmt::format("; ran on its fallback {}", name);
    }
    return result;
  }
  own.fallback.refused = std::move(refused);
  return own;
}

CaseResult CaseRunner::run_again(const Case& what, const CaseResult& before) {
  pool_.drop(*what.backend);
  const auto compute = before.stages.find("compute");
  if (compute != before.stages.end() && !compute->second.samples_ns.empty()) {
    sampling_.repeat = compute->second.repeat;
    sampling_.precision = 0;
  }
  CaseResult result = run(what);
  sampling_ = pipeline_.sampling;
  return result;
}

CaseResult CaseRunner::attempt(const Case& what) {
  CaseResult result;
  result.id = what.id;
  result.suite = what.suite->name;
  result.backend = what.backend->name;
  result.axes = what.axes();
  if (Reason why = why_off(pipeline_, *what.suite, *what.backend); !why.empty()) {
    skip(result, why.code.c_str(), why.detail);
    return result;
  }
  try {
    run_on(what, pool_.get(*what.backend), result);
  } catch (const worker::NotFound& error) {
    // Who names a fallback says that the plugin may be missing; else it is a slip of the pen.
    if (what.backend->fallback.empty()) {
      fail(result, error.what());
    } else {
      skip(result, reason::kMissingTool, error.what());
    }
  } catch (const worker::Fault& error) {
    pool_.drop(*what.backend);
    fail(result, error.what());
    result.stderr_tail = error.stderr_tail();
  } catch (const worker::PluginError& error) {
    // What the session still holds is unknown, so the next case gets a new worker.
    pool_.drop(*what.backend);
    if (error.status() == BG_UNAVAILABLE && opens(error.step())) {
      const Reason why = unavailable(error.message());
      skip(result, why.code.c_str(), why.detail);
    } else {
      fail(result, error.what());
      if (error.status() == BG_TRANSIENT) result.attempts = {{{}, error.what()}};
    }
  } catch (const nlohmann::json::exception& error) {
    pool_.abandon(*what.backend);
    fail(result, fmt::format("the worker's answer can't be understood: {}", error.what()));
  } catch (const worker::Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    pool_.abandon(*what.backend);
    fail(result, error.what());
  }
  return result;
}

void CaseRunner::run_on(const Case& what, BackendPool::Live& live, CaseResult& result) {
  result.requested = what.backend->device;
  for (const worker::DeviceInfo& one : live.devices) result.detected.push_back(one.id);
  const worker::DeviceInfo* device = find_device(live.devices, what.backend->device);
  if (device == nullptr) {
    skip(result, reason::kUnavailable,
         fmt::format("no device '{}'; plugin {} has: {}", what.backend->device,
                     what.backend->plugin, device_names(live.devices)));
    return;
  }
  result.device = device->id;
  result.threads = threads_on(*device, what);
  if (result.threads > device->units) {
    skip(result, reason::kUnsupported,
         fmt::format("{} threads on {}, which has {}", result.threads, device->id, device->units));
    return;
  }
  result.simulated = device->simulated;
  live.client.open_session(device->id, result.threads);
  if (what.suite->generate) {
    const CeilingGauge gauge{[&] { return measure_ceilings(result.threads); },
                             [&] { return probe_->read_bandwidth(result.threads); }};
    generation_.run(what, live.client, sampling_, gauge, result);
  } else if (what.suite->op == ComputeOp::kBenchmark) {
    run_benchmark(what, live.client, result);
  } else {
    live.client.start_device_timer();
    run_stages(what, live, workload_for(what), result);
  }
  live.client.close_session();
}

void CaseRunner::run_stages(const Case& what, BackendPool::Live& live, Workload& workload,
                            CaseResult& result) {
  Stages stages(what, live.client, workload);
  if (const auto why = stages.unsupported()) {
    stages.release();
    skip(result, reason::kUnsupported, *why);
    return;
  }
  const DisturbanceMeter meter({::getpid(), live.client.process()});
  CaseFacts facts;
  result.stages["load"] = stages.load();
  result.stages["quantize"] = stages.quantize();
  facts.weights = stages.check_weights();
  facts.weights_checked = true;

  const Ceilings before = recent_ceilings(result.threads);
  result.stages["compute"] = stages.compute(sampling_);
  result.ceilings = best_of(before, measure_ceilings(result.threads));

  result.stages["output"] = stages.output();
  facts.output = stages.check_outputs();
  facts.outputs_checked = true;
  result.kernels = stages.kernels();
  result.digest = facts.output.digest;
  stages.release();

  result.status = CaseStatus::kMeasured;
  const std::uint64_t wrong = facts.weights.mismatches + facts.output.mismatches;
  if (wrong > 0) {
    result.status = CaseStatus::kFail;
    result.reason = {
        reason::kMismatch,
        fmt::format("{} of {} outputs and {} weights disagree with the oracle",
                    facts.output.mismatches, facts.output.checked, facts.weights.mismatches)};
    facts.timing_invalid = result.reason.text();
    for (auto& [name, stage] : result.stages) {
      stage.samples_ns.clear();
      stage.summary.reset();
      stage.device_clock.reset();
      stage.reason = facts.timing_invalid;
    }
  }
  fill_metrics(result, what, facts);
  // A shared machine moves within seconds: before a time is called impossible, the ceiling that it
  // beats is looked at again.
  for (int look = 0; look < kMoreLooks && beats_ceiling(result); ++look) {
    result.ceilings = best_of(*result.ceilings, measure_ceilings(result.threads));
    fill_metrics(result, what, facts);
  }
  result.disturbance = meter.read();
}

Ceilings CaseRunner::measure_ceilings(unsigned threads) {
  if (probe_ == nullptr) probe_ = std::make_unique<CeilingProbe>();
  ceilings_ = {threads, probe_->measure(threads), std::chrono::steady_clock::now()};
  return ceilings_.value;
}

Ceilings CaseRunner::recent_ceilings(unsigned threads) {
  const bool recent = ceilings_.threads == threads &&
                      std::chrono::steady_clock::now() - ceilings_.at < std::chrono::seconds(2);
  return recent ? ceilings_.value : measure_ceilings(threads);
}

Workload& CaseRunner::workload_for(const Case& what) {
  if (workload_ == nullptr || !workload_->serves(*what.suite, what.shape)) {
    workload_.reset();  // frees its memory first
    workload_ = std::make_unique<Workload>(*what.suite, what.shape);
  }
  return *workload_;
}

}  // namespace bitgate
