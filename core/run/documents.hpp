// The JSON documents that reporters get before the receipt: docs/write-a-reporter.md shows them.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "pipeline/expand.hpp"
#include "pipeline/pipeline.hpp"
#include "receipt/receipt.hpp"

namespace bitgate {

/// One output stream as reporters may use it.
struct Stream {
  bool tty = false;
  bool color = false;  ///< a terminal that wants colour: NO_COLOR unset, TERM not dumb
  int columns = 120;
};

struct Terminal {
  Stream out;
  Stream err;
  bool unicode = true;  ///< false if the locale is named and is not UTF-8
};

/// What stdout and stderr of this process are.
Terminal this_terminal();

/// Where the run stands.
struct Progress {
  std::size_t index = 0;
  std::size_t total = 0;
  double elapsed_s = 0;
  std::optional<double> left_s;  ///< nothing while no case has finished
};

/// `context`: what this process found out of what it is about, if it was asked.
std::string plan_document(const Pipeline& pipeline, std::span<const Case> cases,
                          const Terminal& terminal, const std::optional<Context>& context = {});
/// The plan that a stored receipt came from, with a context that is not the receipt's. Throws
/// BadReceipt if it lacks a part of it.
std::string plan_document(const nlohmann::ordered_json& receipt, const Terminal& terminal,
                          const std::optional<Context>& context = {});
std::string case_started(const Progress& progress, const Case& what);
std::string case_finished(const Progress& progress, const CaseResult& result);
/// Comparison number `index` of `total` begins.
std::string comparison_started(std::size_t index, std::size_t total, const Comparison& comparison);
/// The receipt that the run would leave if it ended now, in case it ends without another word.
std::string checkpoint(const Receipt& so_far);
std::string message(const std::string& level, const std::string& text);

}  // namespace bitgate
