// Results and checks as text for people, JSON and JUnit XML.
#pragma once

#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "conform/bench.hpp"
#include "conform/check.hpp"

namespace bitgate::conform {

/// One line a result that passed; more for one that did not, with the command that reproduces it.
std::string text_of(const Result& result);

/// "cpu_simd: 120 pass, 2 skip: conforms", and a line for each device of which nothing could be
/// checked.
std::string summary(const std::string& plugin, std::span<const Result> results);

enum class Conformance {
  kConforms,
  kBreaksRules,     ///< a result is a fail or a crash
  kNothingChecked,  ///< all is skipped, or all that puts the plugin to use
};

Conformance conformance(std::span<const Result> results);

/// Of kNothingChecked, the first reason.
std::string why_nothing(std::span<const Result> results);

/// Every check with its one line.
std::string list_of(std::span<const Check> checks);

/// {"schema": "bitgate.check/1", "plugin": …, "conforms": bool, "reason": text or null, "counts":
/// {…}, "results": […]}, one for each plugin of a file.
nlohmann::ordered_json to_json(const Setting& setting, std::span<const Result> results);

/// One testsuite a plugin; findings that are no pass are failures, errors (crash), skipped, or for
/// warnings system-out.
std::string junit(std::span<const Result> results);

}  // namespace bitgate::conform
