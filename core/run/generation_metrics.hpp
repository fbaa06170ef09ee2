// From stage times to the declared metrics of a case of op generate.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "receipt/receipt.hpp"
#include "run/stages.hpp"

namespace bitgate {

/// What the metrics are computed from, besides the stages and what result.generation says of the
/// model.
struct GenerationFacts {
  QuantizeCheck weights;
  std::uint64_t mismatches = 0;   ///< logits beyond the bound; tokens given otherwise than at first
  double max_error = 0;           ///< of a logit, in units of the bound
  double cosine = 1;              ///< of the logits with the oracle's
  std::optional<double> answers;  ///< share that is right; nothing if no right ones are known
  std::optional<double> perplexity;  ///< nothing if no text was given
  std::uint64_t peak_memory = 0;     ///< bytes
  std::string timing_invalid;        ///< why no time of this case counts; empty if they do
};

/// Fills result.metrics from the rest of the result. Every metric of a generating case is present;
/// one that can't be given has a reason. `format` is that of the case's matrices.
void fill_generation_metrics(CaseResult& result, const std::string& format,
                             const GenerationFacts& facts);

/// The facts that a result's metrics were filled from.
GenerationFacts generation_facts_of(const CaseResult& result);

}  // namespace bitgate
