// The parts of reader.cpp: each reads one kind of thing and notes what is wrong with it.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "pipeline/pipeline.hpp"
#include "pipeline/reading.hpp"

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

std::optional<FlowGuard> read_flow(const Value& value);
/// Over these, key by key.
Routes read_routes(const Value& value, Routes routes = {});
std::vector<ReporterSpec> read_reporters(const Value& value);

SuiteSpec read_suite(const std::string& name, const Value& value,
                     std::span<const BackendSpec> backends);
/// Notes an error if the suites expand to more cases than a run can hold.
void check_case_count(const Value& suites, std::span<const SuiteSpec> specs);

/// `axes_replaced`: the command line changed axes, so values of `where` may match nothing.
std::vector<Rule> read_gates(const Value& gates, const Pipeline& pipeline, bool axes_replaced);

}  // namespace bitgate
