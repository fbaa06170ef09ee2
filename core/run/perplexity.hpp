// How well a model in an open session foretells a text: each token given those before it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "run/graph_programs.hpp"

namespace bitgate {

/// A text as token ids, of which the first are given and all others are to be foretold.
struct Text {
  std::vector<std::int32_t> ids;
  std::size_t given = 1;
};
using Texts = std::vector<Text>;

/// Tokens that are to be foretold.
std::uint64_t foretold(const Texts& texts);

/// -ln of the probability that softmax of `logits` gives the token, in double.
double surprise(std::span<const float> logits, std::int32_t token);

class Perplexity {
 public:
  /// `texts`, not empty, and `weights` outlive it. The session is open; closing it releases all
  /// that is made here.
  Perplexity(const model::Bitnet& bitnet, const std::string& format, ModelWeights& weights,
             worker::BackendClient& client, const Texts& texts);

  /// What the backend lacks of the graph.
  std::vector<LackedOperation> lacks() { return programs_.lacks(rows_, model::Head::kAllLogits); }

  /// exp of the mean surprise of all tokens that are to be foretold.
  double measure();

  /// Gives back the region; the session is to be closed by the caller.
  void release();

 private:
  double surprise_of(GraphProgram& program, const Text& text);

  const Texts& texts_;
  std::uint64_t vocabulary_;
  std::uint64_t rows_;  ///< tokens of a step
  GraphPrograms programs_;
};

}  // namespace bitgate
