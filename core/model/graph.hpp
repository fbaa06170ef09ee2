// BitNet b1.58 as a list of operations (bitgate/abi.h), written once for every backend, format and
// number of tokens.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "model/bitnet.hpp"

namespace bitgate::model {

enum class Lifetime {
  kWeight,   ///< of the model, by the names of weights_of
  kState,    ///< shared by all graphs of a generation: the caches, and the token that comes next
  kScratch,  ///< of this graph alone: its inputs and what it computes
};

struct GraphTensor {
  std::string format;
  std::uint64_t rows;
  std::uint64_t cols;
  Lifetime lifetime;
};

struct GraphOp {
  std::string label;  ///< for people: "blk.0.attn_q"
  std::string kind;
  std::vector<std::string> inputs;  ///< names of tensors
  std::vector<std::string> outputs;
  std::map<std::string, std::variant<std::int64_t, double, std::string>> attributes;
};

/// What is made of the last layer's output.
enum class Head {
  kNone,       ///< nothing: the tokens only fill the caches
  kNext,       ///< logits [1,v] of the last token, and the likeliest token into kNextToken
  kAllLogits,  ///< logits [t,v]
};

struct GraphSpec {
  std::uint64_t tokens = 1;   ///< rows
  std::uint64_t context = 0;  ///< rows of the caches
  std::string format;         ///< of the matrices: a ternary one, f32, f16 or bf16
  std::string embedding;      ///< format of the embedding: f32, f16 or bf16
  Head head = Head::kNext;
  bool chained = false;  ///< the one token is the one that kNextToken holds; else it is in kIds
};

/// Names of tensors that the conductor writes and reads.
inline constexpr const char* kIds = "ids";              ///< [t,1] i32, unless chained
inline constexpr const char* kPositions = "positions";  ///< [t,1] i32
inline constexpr const char* kLastRow = "last_row";     ///< [1,1] i32: t - 1; for kNext with t > 1
inline constexpr const char* kNextToken = "next";       ///< [1,1] i32
inline constexpr const char* kLogits = "logits";

struct Graph {
  std::map<std::string, GraphTensor> tensors;
  std::vector<GraphOp> ops;  ///< in order
};

/// Matrices of float formats hold what the ternary weights stand for, and are multiplied by the
/// values of the quantized activations: the same numbers in other arithmetic. That is the forward
/// pass as it is trained ("fake-quantised").
Graph make_graph(const Bitnet& bitnet, const GraphSpec& spec);

/// "blk.3.attn_q" -> "attn_q": what the operations of all layers have in common.
std::string_view role_of(std::string_view label);

}  // namespace bitgate::model
