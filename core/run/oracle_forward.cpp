#include "run/oracle_forward.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <stdexcept>

#include "oracle/codec.hpp"
#include "oracle/matmul.hpp"
#include "oracle/registry.hpp"
#include "oracle/transformer.hpp"
#include "run/weight_check.hpp"
#include "run/workload.hpp"

namespace bitgate {
namespace {

using model::GraphOp;
using model::StoredWeight;

std::vector<float> rounded(const oracle::Bounded& product) {
  return {product.value.begin(), product.value.end()};
}

/// Whatever a tensor holds: one of these.
struct Held {
  std::vector<float> values;
  std::vector<std::int32_t> numbers;
  oracle::Int8 codes;
  oracle::Ternary ternary;
  std::vector<std::byte> table;  ///< the embedding as stored: too large to be unpacked
};

class Forward {
 public:
  Forward(const model::Model& model, std::string format, const model::Bitnet& bitnet,
          std::span<const std::int32_t> ids)
      : model_(model),
        format_(std::move(format)),
        bitnet_(bitnet),
        graph_(model::make_graph(bitnet,
                                 {ids.size(), ids.size(), format_, model.weights().front().format,
                                  model::Head::kAllLogits, false})) {
    held_[model::kIds].numbers.assign(ids.begin(), ids.end());
    std::vector<std::int32_t>& positions = held_[model::kPositions].numbers;
    positions.resize(ids.size());
    std::iota(positions.begin(), positions.end(), 0);
  }

  std::vector<float> logits() {
    for (const GraphOp& op : graph_.ops) run(op);
    return std::move(held_[model::kLogits].values);
  }

 private:
  Held& at(const std::string& name) {
    if (graph_.tensors.at(name).lifetime == model::Lifetime::kWeight && held_.count(name) == 0) {
      held_[name] = load(name);
    }
    return held_[name];
  }

  Held load(const std::string& name) const {
    const std::vector<StoredWeight>& weights = model_.weights();
    const auto found = std::find_if(weights.begin(), weights.end(),
                                    [&](const StoredWeight& one) { return one.name == name; });
    std::vector<std::byte> bytes(found->bytes);
    model_.fill(static_cast<std::size_t>(found - weights.begin()), bytes);
    Held out;
    switch (found->role) {
      case model::WeightRole::kEmbedding:
        out.table = std::move(bytes);
        break;
      case model::WeightRole::kNorm:
        out.values = float_values(found->format, bytes);
        break;
      case model::WeightRole::kMatrix:
        load_matrix(*found, bytes, out);
        break;
    }
    return out;
  }

  void load_matrix(const StoredWeight& stored, std::span<const std::byte> bytes, Held& out) const {
    oracle::Ternary weights =
        formats::is_ternary(stored.format)
            ? oracle::find_codec(stored.format)->decode(bytes, stored.rows, stored.cols)
            : oracle::quantize_ternary(float_values(stored.format, bytes), stored.rows, stored.cols,
                                       rounding_of(stored));
    if (formats::is_ternary(format_)) {
      // Another format may round the scale.
      const oracle::Codec& codec = *oracle::find_codec(format_);
      if (stored.format != format_ && !weights.block_scales.empty()) {
        weights.scale = weights.block_scales.front();
        weights.block_scales.clear();
      }
      out.ternary = codec.decode(codec.encode(weights), stored.rows, stored.cols);
      return;
    }
    out.values = oracle::dequantize(weights);
    if (format_ != formats::kF32) {
      out.values = oracle::decode_half(format_, oracle::encode_half(format_, out.values));
    }
  }

  /// Rows `first` … `first + count` of the embedding.
  [[nodiscard]] std::vector<float> rows(const Held& table, std::uint64_t first,
                                        std::uint64_t count) const {
    const std::uint64_t row = table.table.size() / bitnet_.vocabulary;
    return float_values(model_.weights().front().format,
                        std::span(table.table).subspan(first * row, count * row));
  }

  void run(const GraphOp& op) {
    if (op.kind == "embed") return embed(op);
    if (op.kind == "matmul") return matmul(op);
    if (op.kind == "attention") return attention(op);
    Held& in = at(op.inputs[0]);
    Held& out = at(op.outputs[0]);
    const std::uint64_t cols = graph_.tensors.at(op.inputs[0]).cols;
    if (op.kind == "quantize") {
      out.codes = oracle::quantize_i8(in.values, in.values.size() / cols, cols);
    } else if (op.kind == "dequantize") {
      out.values.resize(in.codes.codes.size());
      for (std::size_t i = 0; i < out.values.size(); ++i) {
        out.values[i] = static_cast<float>(in.codes.codes[i]) * in.codes.scales[i / cols];
      }
    } else if (op.kind == "rms_norm") {
      out.values = rounded(oracle::rms_norm(in.values, at(op.inputs[1]).values,
                                            std::get<double>(op.attributes.at("epsilon"))));
    } else if (op.kind == "rope") {
      const auto heads =
          static_cast<std::uint64_t>(std::get<std::int64_t>(op.attributes.at("heads")));
      out.values = rounded(oracle::rope(in.values, at(op.inputs[1]).numbers, heads,
                                        std::get<double>(op.attributes.at("base"))));
    } else if (op.kind == "relu2_gate") {
      out.values = rounded(oracle::relu2_gate(in.values, at(op.inputs[1]).values));
    } else if (op.kind == "silu_gate") {
      out.values = rounded(oracle::silu_gate(in.values, at(op.inputs[1]).values));
    } else if (op.kind == "add") {
      out.values = rounded(oracle::add(in.values, at(op.inputs[1]).values));
    } else {
      throw std::logic_error("the oracle has no operation " + op.kind);
    }
  }

  void embed(const GraphOp& op) {
    const Held& table = at(op.inputs[0]);
    std::vector<float> out;
    for (const std::int32_t id : at(op.inputs[1]).numbers) {
      const std::vector<float> row = rows(table, static_cast<std::uint64_t>(id), 1);
      out.insert(out.end(), row.begin(), row.end());
    }
    at(op.outputs[0]).values = std::move(out);
  }

  void matmul(const GraphOp& op) {
    const Held& w = at(op.inputs[0]);
    const Held& x = at(op.inputs[1]);
    const model::GraphTensor& shape = graph_.tensors.at(op.inputs[0]);
    Held& out = at(op.outputs[0]);
    if (!w.table.empty()) {
      out.values = output_rows(w, x.values);
    } else if (!w.ternary.codes.empty()) {
      out.values = rounded(oracle::matmul_scaled(w.ternary, x.codes));
    } else {
      out.values = rounded(oracle::matmul_f32(w.values, x.values, shape.rows, shape.cols,
                                              x.values.size() / shape.cols));
    }
  }

  /// The output matrix, so many rows at a time.
  [[nodiscard]] std::vector<float> output_rows(const Held& table, std::span<const float> x) const {
    constexpr std::uint64_t kTogether = 4096;
    const std::uint64_t tokens = x.size() / bitnet_.hidden;
    std::vector<float> out(tokens * bitnet_.vocabulary);
    for (std::uint64_t first = 0; first < bitnet_.vocabulary; first += kTogether) {
      const std::uint64_t count = std::min(kTogether, bitnet_.vocabulary - first);
      const std::vector<float> part =
          rounded(oracle::matmul_f32(rows(table, first, count), x, count, bitnet_.hidden, tokens));
      for (std::uint64_t t = 0; t < tokens; ++t) {
        std::copy_n(part.begin() + static_cast<std::ptrdiff_t>(t * count), count,
                    out.begin() + static_cast<std::ptrdiff_t>(t * bitnet_.vocabulary + first));
      }
    }
    return out;
  }

  void attention(const GraphOp& op) {
    const std::vector<std::int32_t>& positions = at(op.inputs[3]).numbers;
    oracle::Cache cache;  // every graph starts at position 0 with all there is
    cache.keys.resize(positions.size() * bitnet_.kv());
    cache.values.resize(cache.keys.size());
    at(op.outputs[0]).values = rounded(
        oracle::attention(at(op.inputs[0]).values, at(op.inputs[1]).values, at(op.inputs[2]).values,
                          positions, {bitnet_.heads, bitnet_.kv_heads, bitnet_.head}, cache));
  }

  const model::Model& model_;
  std::string format_;
  model::Bitnet bitnet_;
  model::Graph graph_;
  std::map<std::string, Held> held_;
};

}  // namespace

model::Bitnet first_layers(const model::Bitnet& bitnet, std::uint64_t layers) {
  model::Bitnet out = bitnet;
  out.layers = layers;
  return out;
}

std::vector<float> oracle_logits(const model::Model& model, std::uint64_t layers,
                                 const std::string& format, std::span<const std::int32_t> ids) {
  return Forward(model, format, first_layers(model.bitnet(), layers), ids).logits();
}

}  // namespace bitgate
