// A model's logits from a backend against the oracle's own.
#pragma once

#include <cstdint>
#include <string>

#include "model/model.hpp"
#include "run/generation.hpp"
#include "run/model_weights.hpp"

namespace bitgate {

struct OracleCheck {
  std::uint64_t layers = 0;      ///< of the model, from its first
  std::uint64_t tokens = 0;      ///< whose logits were looked at
  std::uint64_t mismatches = 0;  ///< logits beyond the bound, and tokens that are not the likeliest
  double max_error = 0;          ///< largest error of a logit in units of the bound
  double cosine = 1;
  std::string diverges;  ///< where it begins, for people; empty if nothing does
};

/// Lets the backend answer the first prompt and computes the same by the oracle: all of a small
/// model; of a large one as many tokens and first layers as take about a second.
///
/// A logit may be off by 1 % of the largest magnitude of its token's logits. Rounding alone makes
/// errors of a millionth, until an activation lies so near to the middle of two int8 codes that it
/// gets the other one; that moves a logit by some thousandths, and a wrong kernel moves it by as
/// much as there is.
OracleCheck check_by_oracle(const model::Model& model, const std::string& format,
                            ModelWeights& weights, worker::BackendClient& client,
                            const Questions& questions);

}  // namespace bitgate
