#include "model/graph.hpp"

#include <bitgate/formats.hpp>

#include <utility>

#include <fmt/format.h>

namespace bitgate::model {
namespace {

using Attributes = std::map<std::string, std::variant<std::int64_t, double, std::string>>;
using Names = std::vector<std::string>;

class Builder {
 public:
  Builder(const Bitnet& bitnet, const GraphSpec& spec)
      : bitnet_(bitnet), spec_(spec), ternary_(formats::is_ternary(spec.format)) {}

  Graph build() {
    declare();
    add("embed", "embed", {kEmbedding, spec_.chained ? kNextToken : kIds}, {"x"});
    for (std::uint64_t layer = 0; layer < bitnet_.layers; ++layer) {
      prefix_ = fmt::format("blk.{}.", layer);
      attention();
      feed_forward();
    }
    prefix_.clear();
    head();
    return std::move(graph_);
  }

 private:
  static constexpr const char* kEmbedding = "token_embd.weight";

  void tensor(const std::string& name, std::string_view format, std::uint64_t rows,
              std::uint64_t cols, Lifetime lifetime = Lifetime::kScratch) {
    graph_.tensors[name] = {std::string(format), rows, cols, lifetime};
  }

  void declare() {
    for (const WeightSpec& weight : weights_of(bitnet_)) {
      const std::string_view format = weight.role == WeightRole::kMatrix ? spec_.format
                                      : weight.role == WeightRole::kEmbedding
                                          ? std::string_view(spec_.embedding)
                                          : formats::kF32;
      tensor(weight.name, format, weight.rows, weight.cols, Lifetime::kWeight);
    }
    for (std::uint64_t layer = 0; layer < bitnet_.layers; ++layer) {
      for (const char* cache : {"keys", "values"}) {
        tensor(fmt::format("blk.{}.{}", layer, cache), formats::kF32, spec_.context, bitnet_.kv(),
               Lifetime::kState);
      }
    }
    const std::uint64_t t = spec_.tokens;
    if (!spec_.chained) tensor(kIds, formats::kI32, t, 1);
    tensor(kPositions, formats::kI32, t, 1);
    for (const char* name : {"x", "normed", "q", "mixed", "y"}) {
      tensor(name, formats::kF32, t, bitnet_.hidden);
    }
    tensor("k", formats::kF32, t, bitnet_.kv());
    tensor("v", formats::kF32, t, bitnet_.kv());
    tensor("gate", formats::kF32, t, bitnet_.ffn);
    tensor("up", formats::kF32, t, bitnet_.ffn);
    tensor("narrow8", formats::kI8, t, bitnet_.hidden);
    tensor("wide8", formats::kI8, t, bitnet_.ffn);
  }

  void add(const std::string& label, const char* kind, Names inputs, Names outputs,
           Attributes attributes = {}) {
    graph_.ops.push_back(
        {prefix_ + label, kind, std::move(inputs), std::move(outputs), std::move(attributes)});
  }

  void norm(const std::string& weight, const char* from, const char* to) {
    add(weight, "rms_norm", {from, prefix_ + weight + ".weight"}, {to},
        {{"epsilon", bitnet_.epsilon}});
  }

  /// The activations of the next matrices; returns the tensor that holds them.
  std::string activations(const std::string& label, const char* from, const char* as_int8) {
    add(label, "quantize", {from}, {as_int8}, {{"rounding", std::string("absmax")}});
    if (ternary_) return as_int8;
    add(label, "dequantize", {as_int8}, {from});
    return from;
  }

  void matmul(const std::string& weight, const std::string& from, const char* to) {
    add(weight, "matmul", {prefix_ + weight + ".weight", from}, {to});
  }

  void rope(const std::string& label, const char* what, std::uint64_t heads) {
    add(label, "rope", {what, kPositions}, {what},
        {{"heads", static_cast<std::int64_t>(heads)},
         {"base", bitnet_.rope_base},
         {"context", static_cast<std::int64_t>(spec_.context)}});
  }

  void attention() {
    norm("attn_norm", "x", "normed");
    const std::string in = activations("attn_in", "normed", "narrow8");
    matmul("attn_q", in, "q");
    matmul("attn_k", in, "k");
    matmul("attn_v", in, "v");
    rope("rope_q", "q", bitnet_.heads);
    rope("rope_k", "k", bitnet_.kv_heads);
    add("attention", "attention", {"q", "k", "v", kPositions},
        {"mixed", prefix_ + "keys", prefix_ + "values"},
        {{"heads", static_cast<std::int64_t>(bitnet_.heads)},
         {"kv_heads", static_cast<std::int64_t>(bitnet_.kv_heads)}});
    norm("attn_sub_norm", "mixed", "mixed");
    matmul("attn_output", activations("attn_out", "mixed", "narrow8"), "y");
    add("attn_add", "add", {"x", "y"}, {"x"});
  }

  void feed_forward() {
    norm("ffn_norm", "x", "normed");
    const std::string in = activations("ffn_in", "normed", "narrow8");
    matmul("ffn_gate", in, "gate");
    matmul("ffn_up", in, "up");
    const char* const gate = bitnet_.gate == Gate::kSilu ? "silu_gate" : "relu2_gate";
    add(gate, gate, {"gate", "up"}, {"gate"});
    norm("ffn_sub_norm", "gate", "gate");
    matmul("ffn_down", activations("ffn_out", "gate", "wide8"), "y");
    add("ffn_add", "add", {"x", "y"}, {"x"});
  }

  void head() {
    if (spec_.head == Head::kNone) return;
    const std::uint64_t rows = spec_.head == Head::kAllLogits ? spec_.tokens : 1;
    const char* from = "x";
    if (rows != spec_.tokens) {
      tensor(kLastRow, formats::kI32, 1, 1);
      tensor("last", formats::kF32, 1, bitnet_.hidden);
      add("last_row", "embed", {"x", kLastRow}, {"last"});
      from = "last";
    }
    norm("output_norm", from, from);
    tensor(kLogits, formats::kF32, rows, bitnet_.vocabulary);
    add("output", "matmul", {kEmbedding, from}, {kLogits});
    if (spec_.head != Head::kNext) return;
    tensor(kNextToken, formats::kI32, 1, 1, Lifetime::kState);
    add("argmax", "argmax", {kLogits}, {kNextToken});
  }

  const Bitnet& bitnet_;
  const GraphSpec& spec_;
  bool ternary_;
  std::string prefix_;
  Graph graph_;
};

}  // namespace

Graph make_graph(const Bitnet& bitnet, const GraphSpec& spec) {
  return Builder(bitnet, spec).build();
}

std::string_view role_of(std::string_view label) {
  if (!label.starts_with("blk.")) return label;
  return label.substr(label.find('.', 4) + 1);
}

}  // namespace bitgate::model
