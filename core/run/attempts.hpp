// Further attempts of a run: what is tried again, and how what that finds joins what is there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/expand.hpp"
#include "receipt/receipt.hpp"

namespace bitgate {

/// What another attempt may help, by index into the receipt's cases and comparisons.
struct Undecided {
  std::vector<std::size_t> cases;
  std::vector<std::size_t> comparisons;

  [[nodiscard]] bool empty() const { return cases.empty() && comparisons.empty(); }
};

/// Of a receipt that was judged: what left required gates inconclusive, and what faults ended that
/// may pass by themselves. Nothing if the verdict is a fail or any other fault, which no attempt
/// may change; or if another attempt could not change it either, since an outside command decides
/// how much it measures.
Undecided undecided(const Receipt& receipt);

/// Whether the last attempt at it ended in a fault that may pass by itself.
bool ended_for_now(const std::vector<Attempt>& attempts);

/// `before` with what attempt number `number` at the case came to. Samples of a stage follow those
/// that are there, and metrics are of all of them. A fault that may pass takes nothing away from
/// what was measured; any other end of the attempt is the end of the case.
CaseResult joined(const CaseResult& before, CaseResult more, const Case& what,
                  std::uint64_t number);
/// The same of a comparison: rounds follow rounds.
Comparison joined(const Comparison& before, Comparison more, std::uint64_t number);

/// How many attempts there are traces of in cases and comparisons; 1 without any.
std::uint64_t attempts_made(const Receipt& receipt);

/// Why attempts can't have been as the receipt says; empty if they can. They add up to the samples
/// that are there; and what was measured when a required gate failed did not grow afterwards, since
/// a fail is never tried again. `cases` are the receipt's, whose metrics follow from its samples.
std::string why_no_such_attempts(const Pipeline& pipeline, std::span<const Case> cases,
                                 const Receipt& receipt);

}  // namespace bitgate
