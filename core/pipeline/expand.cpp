#include "pipeline/expand.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace bitgate {
namespace {

const BackendSpec* find_backend(const Pipeline& pipeline, const std::string& name) {
  const auto found = std::find_if(pipeline.backends.begin(), pipeline.backends.end(),
                                  [&](const BackendSpec& backend) { return backend.name == name; });
  return found == pipeline.backends.end() ? nullptr : &*found;
}

std::string id_of(const Case& what) {
  std::string id = what.suite->name;
  for (const auto& [axis, value] : what.axes()) id += fmt::format("/{}={}", axis, value);
  return id + "@" + what.backend->name;
}

void expand_generating(const std::vector<const BackendSpec*>& backends, const SuiteSpec& suite,
                       std::vector<Case>& out) {
  for (const std::string& format : suite.format) {
    for (const unsigned threads : suite.threads) {
      for (const BackendSpec* backend : backends) {
        Case one;
        one.suite = &suite;
        one.backend = backend;
        one.format = format;
        one.threads = threads;
        one.id = id_of(one);
        out.push_back(std::move(one));
      }
    }
  }
}

void expand_benchmarks(const std::vector<const BackendSpec*>& backends, const SuiteSpec& suite,
                       std::vector<Case>& out) {
  for (const std::string& benchmark : suite.benchmark) {
    for (const BackendSpec* backend : backends) {
      Case one;
      one.suite = &suite;
      one.backend = backend;
      one.benchmark = benchmark;
      one.id = id_of(one);
      out.push_back(std::move(one));
    }
  }
}

void expand_suite(const Pipeline& pipeline, const SuiteSpec& suite, std::vector<Case>& out) {
  std::vector<const BackendSpec*> backends;
  for (const std::string& name : suite.backends) backends.push_back(find_backend(pipeline, name));
  if (suite.generate) return expand_generating(backends, suite, out);
  if (suite.op == ComputeOp::kBenchmark) return expand_benchmarks(backends, suite, out);
  for (const Shape& shape : suite.shape) {
    for (const std::string& format : suite.format) {
      for (const std::uint64_t batch : suite.batch) {
        for (const unsigned threads : suite.threads) {
          for (const Cache cache : suite.cache) {
            for (const BackendSpec* backend : backends) {
              Case one{"", &suite, backend, shape, format, batch, threads, cache};
              one.id = id_of(one);
              out.push_back(std::move(one));
            }
          }
        }
      }
    }
  }
}

}  // namespace

std::string text_of(const Shape& shape) { return fmt::format("{}x{}", shape.rows, shape.cols); }
std::string threads_text(unsigned threads) {
  return threads == 0 ? "all" : std::to_string(threads);
}
std::string text_of(Cache cache) { return cache == Cache::kCold ? "cold" : "hot"; }

std::vector<std::pair<std::string, std::string>> Case::axes() const {
  std::vector<std::pair<std::string, std::string>> out;
  if (suite->op == ComputeOp::kBenchmark) {
    out = {{"benchmark", benchmark}};
  } else if (suite->generate) {
    out = {{"format", format}, {"threads", threads_text(threads)}};
  } else {
    out = {{"shape", text_of(shape)},
           {"format", format},
           {"batch", std::to_string(batch)},
           {"threads", threads_text(threads)},
           {"cache", text_of(cache)}};
  }
  if (!machine.empty()) out.emplace_back("machine", machine);
  return out;
}

std::vector<Case> expand(const Pipeline& pipeline) {
  std::vector<Case> cases;
  for (const SuiteSpec& suite : pipeline.suites) expand_suite(pipeline, suite, cases);
  return cases;
}

std::string id_on_machine(const std::string& id, const std::string& machine) {
  const std::size_t at = id.rfind('@');  // behind it is the backend, whose name has none
  return fmt::format("{}/machine={}{}", id.substr(0, at), machine, id.substr(at));
}

std::vector<Case> on_machines(std::vector<Case> cases, const std::vector<std::string>& machines) {
  if (machines.empty()) return cases;
  std::vector<Case> out;
  for (const std::string& machine : machines) {
    for (Case one : cases) {
      one.machine = machine;
      one.id = id_on_machine(one.id, machine);
      out.push_back(std::move(one));
    }
  }
  return out;
}

std::vector<Case> filtered(std::vector<Case> cases, const std::string& filter) {
  std::erase_if(cases, [&](const Case& what) { return !filter_matches(filter, what.id); });
  return cases;
}

}  // namespace bitgate
