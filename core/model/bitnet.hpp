// BitNet b1.58 as published: its numbers, and the weights that they ask for. Two architectures
// differ in what gates the feed-forward: bitnet-b1.58 (source: microsoft/bitnet-b1.58-2B-4T, and
// bitnet.cpp) has the square of what is positive; bitnet (source: 1bitLLM/bitnet_b1_58-3B, and
// llama.cpp) has SiLU.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/gguf.hpp"

namespace bitgate::model {

enum class Gate { kRelu2, kSilu };

struct Bitnet {
  std::uint64_t layers = 0;
  std::uint64_t hidden = 0;  ///< heads * head
  std::uint64_t ffn = 0;
  std::uint64_t heads = 0;
  std::uint64_t kv_heads = 0;  ///< divides heads
  std::uint64_t head = 0;      ///< columns of a head, even
  std::uint64_t vocabulary = 0;
  std::uint64_t context = 0;
  double epsilon = 0;
  double rope_base = 0;
  Gate gate = Gate::kRelu2;

  [[nodiscard]] std::uint64_t kv() const { return kv_heads * head; }
};

/// Matrices are ternary, the embedding (which is the output matrix too) is float.
enum class WeightRole { kEmbedding, kNorm, kMatrix };

struct WeightSpec {
  std::string name;  ///< as GGUF files have it: "blk.0.attn_q.weight"
  WeightRole role;
  std::uint64_t rows;
  std::uint64_t cols;
};

/// All weights in the order in which they are used, the embedding first.
std::vector<WeightSpec> weights_of(const Bitnet& bitnet);

/// The numbers of a file's model; each weight is there in its shape, and nothing that the graph
/// would not use. Throws GgufError otherwise, also for an architecture that the graph is not.
Bitnet read_bitnet(const Gguf& gguf);

/// Multiply-adds of one token: of the ternary matrices, and of the output matrix.
std::uint64_t matrix_operations(const Bitnet& bitnet);
std::uint64_t output_operations(const Bitnet& bitnet);

}  // namespace bitgate::model
