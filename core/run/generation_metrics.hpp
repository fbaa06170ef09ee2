// From stage times to the declared metrics of a case of op generate.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/bitnet.hpp"
#include "pipeline/expand.hpp"
#include "receipt/receipt.hpp"
#include "run/oracle_check.hpp"
#include "run/stages.hpp"

namespace bitgate {

/// What the metrics are computed from, besides the stages.
struct GenerationFacts {
  QuantizeCheck weights;
  OracleCheck oracle;
  std::uint64_t different = 0;    ///< tokens that a pass gave otherwise than the first one
  std::optional<double> answers;  ///< share that is right
  std::uint64_t peak_memory = 0;
  std::uint64_t stored_bytes = 0;  ///< of all weights, as stored
  std::uint64_t device_bytes = 0;  ///< and in the case's format
  std::uint64_t context = 0;
  std::uint64_t timed_prompt_tokens = 0;
  std::uint64_t steps = 0;      ///< decode steps of a timed pass
  std::uint64_t rows_seen = 0;  ///< rows of the cache that they read, all together
  std::string timing_invalid;   ///< why no time of this case counts; empty if they do
};

/// Fills result.metrics from the rest of the result, and result.generation's bytes. Every metric of
/// a generating case is present; one that can't be given has a reason.
void fill_generation_metrics(CaseResult& result, const Case& what, const model::Bitnet& bitnet,
                             const GenerationFacts& facts);

}  // namespace bitgate
