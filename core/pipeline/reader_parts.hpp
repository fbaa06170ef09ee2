// The parts of reader.cpp: each reads one kind of thing and notes what is wrong with it.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "pipeline/pipeline.hpp"
#include "pipeline/reading.hpp"
#include "receipt/metrics.hpp"

namespace bitgate {

/// A word of letters, digits, '_', '-' and '.', beginning with a letter.
std::optional<std::string> read_name(const Value& value);
/// The same rule for a key that names something.
void check_key(const Value& value, const std::string& key);
std::optional<std::chrono::nanoseconds> read_duration(const Value& value);
/// The `plugin` of a backend or reporter: an id, or a path beginning with "./", "../" or "/".
std::string read_plugin(const Value& owner, const char* example);
/// The `options` of a backend or reporter, an empty object if there are none; `places` receives
/// where they were written. `takes_secrets`: a value may be "${secret:NAME}", which stays as it is.
nlohmann::json read_options(const Value& owner, OptionPlaces& places, bool takes_secrets);

/// `scope`, whose suites, backends and features are in the pipeline already.
std::vector<ScopeRule> read_scope(const Value& value, const Pipeline& pipeline);
/// `context.issue_branches`
std::vector<std::string> read_issue_branches(const Value& value);
std::optional<FlowGuard> read_flow(const Value& value);
/// Over these, key by key.
Routes read_routes(const Value& value, Routes routes = {});
std::vector<ReporterSpec> read_reporters(const Value& value);

/// An axis: one value or a list of different ones. `read_one` gives nothing after noting an error.
template <class T, class ReadOne>
std::vector<T> read_axis(const Value& value, const ReadOne& read_one) {
  std::vector<T> out;
  for (const Value& item : value.different_items()) {
    if (const std::optional<T> one = read_one(item)) out.push_back(*one);
  }
  return out;
}

/// The same for a key that need not be there.
template <class T, class ReadOne>
void read_optional_axis(const Value& owner, const char* key, std::vector<T>& out,
                        const ReadOne& read_one) {
  if (const auto value = owner.get(key)) out = read_axis<T>(*value, read_one);
}

/// The formats that weights can be in.
const std::vector<std::string>& weight_formats();
std::optional<unsigned> read_threads(const Value& value);

/// Whether a suite has this op.
bool has_op(const Node& suite, std::string_view wanted);
/// Whether a suite has op generate.
bool is_generating(const Node& suite);
/// load, quantize, compute and output of such a suite.
void read_generating_suite(const Value& value, SuiteSpec& suite);
/// compute of a suite of op benchmark, which has no other stage.
void read_benchmark_suite(const Value& value, SuiteSpec& suite);

SuiteSpec read_suite(const std::string& name, const Value& value,
                     std::span<const BackendSpec> backends);
/// Notes an error if the suites expand to more cases than a run can hold.
void check_case_count(const Value& suites, std::span<const SuiteSpec> specs);

/// `metric` of this map; nullptr, with an error noted, if it names none.
const MetricInfo* read_metric(const Value& owner, const char* example);

/// `targets`: the path of a file, as it is written.
std::string read_targets_path(const Value& value);

/// `axes_replaced`: the command line changed axes, so values of `where` may match nothing.
std::vector<Rule> read_gates(const Value& gates, const Pipeline& pipeline, bool axes_replaced);

}  // namespace bitgate
