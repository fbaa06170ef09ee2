// A model's forward pass by the judge's own arithmetic: what a backend's logits are held against.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/graph.hpp"
#include "model/model.hpp"

namespace bitgate {

/// The model's first layers alone, as if it had no more.
model::Bitnet first_layers(const model::Bitnet& bitnet, std::uint64_t layers);

/// Logits [tokens, vocabulary] of the first `layers` layers with weights in `format`, every
/// operation computed by bitgate::oracle and its result rounded to f32. Scalar and slow: about a
/// billion multiply-adds a second.
std::vector<float> oracle_logits(const model::Model& model, std::uint64_t layers,
                                 const std::string& format, std::span<const std::int32_t> ids);

}  // namespace bitgate
