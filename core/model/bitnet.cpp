#include "model/bitnet.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace bitgate::model {
namespace {

constexpr std::uint64_t kMostLayers = 1000;
constexpr std::uint64_t kMostWidth = 1U << 20;

class Reader {
 public:
  explicit Reader(const Gguf& gguf) : gguf_(gguf) {}

  Bitnet read() {
    Bitnet out;
    out.gate = gate();
    out.layers = count("block_count", kMostLayers);
    out.hidden = count("embedding_length", kMostWidth);
    out.ffn = count("feed_forward_length", kMostWidth);
    out.heads = count("attention.head_count", kMostWidth);
    out.kv_heads = count("attention.head_count_kv", kMostWidth);
    out.context = count("context_length", std::uint64_t{1} << 31);
    out.epsilon = real("attention.layer_norm_rms_epsilon");
    out.rope_base = real("rope.freq_base");
    if (out.hidden % out.heads != 0 || out.heads % out.kv_heads != 0 ||
        out.hidden / out.heads % 2 != 0) {
      throw gguf_.error(
          place("attention.head_count"),
          fmt::format("{} heads and {} of keys and values do not divide a width of {} into heads "
                      "of an even width",
                      out.heads, out.kv_heads, out.hidden),
          "convert the model again");
    }
    out.head = out.hidden / out.heads;
    require_equal("rope.dimension_count", out.head);
    require_equal("attention.key_length", out.head);
    require_equal("attention.value_length", out.head);
    refuse_scaling();
    const GgufTensor* const embedding = gguf_.tensor("token_embd.weight");
    if (embedding == nullptr) throw missing("token_embd.weight");
    out.vocabulary = embedding->rows();
    check_weights(out);
    return out;
  }

 private:
  [[nodiscard]] std::string key(std::string_view name) const {
    return fmt::format("{}.{}", gguf_.architecture(), name);
  }
  [[nodiscard]] std::uint64_t place(std::string_view name) const {
    const GgufValue* value = gguf_.find(key(name));
    return value == nullptr ? 0 : value->offset;
  }

  [[nodiscard]] Gate gate() const {
    const std::string_view is = gguf_.architecture();
    if (is == "bitnet-b1.58") return Gate::kRelu2;
    if (is == "bitnet") return Gate::kSilu;
    throw gguf_.error(gguf_.find("general.architecture")->offset,
                      fmt::format("the architecture is '{}', which is another graph", is),
                      "take a model of architecture bitnet-b1.58 or bitnet");
  }

  [[nodiscard]] std::uint64_t count(std::string_view name, std::uint64_t most) const {
    const auto value = gguf_.count(key(name));
    if (!value) throw missing_key(name);
    if (*value == 0 || *value > most) {
      throw gguf_.error(place(name),
                        fmt::format("{} is {}, not from 1 to {}", key(name), *value, most),
                        "convert the model again");
    }
    return *value;
  }

  [[nodiscard]] double real(std::string_view name) const {
    const auto value = gguf_.real(key(name));
    if (!value) throw missing_key(name);
    if (!std::isfinite(*value) || *value <= 0) {
      throw gguf_.error(place(name), fmt::format("{} is {}, not above 0", key(name), *value),
                        "convert the model again");
    }
    return *value;
  }

  void require_equal(std::string_view name, std::uint64_t wanted) const {
    const auto value = gguf_.count(key(name));
    if (!value || *value == wanted) return;
    throw gguf_.error(place(name),
                      fmt::format("{} is {}, but a head has {} columns, and BitNet b1.58 uses all",
                                  key(name), *value, wanted),
                      "convert the model again");
  }

  void refuse_scaling() const {
    const auto type = gguf_.string(key("rope.scaling.type"));
    if (!type || *type == "none") return;
    // llama.cpp's converter writes this for 1bitLLM's models: every position times one.
    if (*type == "linear" && gguf_.real(key("rope.scaling.factor")) == 1.0) return;
    throw gguf_.error(
        place("rope.scaling.type"),
        fmt::format("positions are scaled ('{}'), which BitNet b1.58 does not do", *type),
        "convert the model again");
  }

  void check_weights(const Bitnet& bitnet) const {
    std::set<std::string_view> known;
    const std::vector<WeightSpec> specs = weights_of(bitnet);
    for (const WeightSpec& spec : specs) {
      const GgufTensor* const tensor = gguf_.tensor(spec.name);
      if (tensor == nullptr) throw missing(spec.name);
      known.insert(spec.name);
      if (tensor->rows() == spec.rows && tensor->cols() == spec.cols) continue;
      throw gguf_.error(
          tensor->entry,
          fmt::format("tensor '{}' is {}x{}, but the model's numbers ask for {}x{}", tensor->name,
                      tensor->rows(), tensor->cols(), spec.rows, spec.cols),
          "convert the model again");
    }
    for (const GgufTensor& tensor : gguf_.tensors()) {
      if (known.count(tensor.name) != 0) continue;
      throw gguf_.error(tensor.entry,
                        fmt::format("tensor '{}' has no place in the graph of {}", tensor.name,
                                    gguf_.architecture()),
                        "results without it would be wrong; convert the model without it");
    }
  }

  [[nodiscard]] GgufError missing(std::string_view tensor) const {
    return gguf_.error(gguf_.file_bytes(), fmt::format("there is no tensor '{}'", tensor),
                       "convert the model again");
  }
  [[nodiscard]] GgufError missing_key(std::string_view name) const {
    return gguf_.error(gguf_.file_bytes(), fmt::format("there is no key {}", key(name)),
                       "convert the model again");
  }

  const Gguf& gguf_;
};

}  // namespace

std::vector<WeightSpec> weights_of(const Bitnet& bitnet) {
  std::vector<WeightSpec> out;
  out.push_back({"token_embd.weight", WeightRole::kEmbedding, bitnet.vocabulary, bitnet.hidden});
  for (std::uint64_t layer = 0; layer < bitnet.layers; ++layer) {
    const auto add = [&](const char* name, WeightRole role, std::uint64_t rows,
                         std::uint64_t cols) {
      out.push_back({fmt::format("blk.{}.{}.weight", layer, name), role, rows, cols});
    };
    add("attn_norm", WeightRole::kNorm, 1, bitnet.hidden);
    add("attn_q", WeightRole::kMatrix, bitnet.hidden, bitnet.hidden);
    add("attn_k", WeightRole::kMatrix, bitnet.kv(), bitnet.hidden);
    add("attn_v", WeightRole::kMatrix, bitnet.kv(), bitnet.hidden);
    add("attn_sub_norm", WeightRole::kNorm, 1, bitnet.hidden);
    add("attn_output", WeightRole::kMatrix, bitnet.hidden, bitnet.hidden);
    add("ffn_norm", WeightRole::kNorm, 1, bitnet.hidden);
    add("ffn_gate", WeightRole::kMatrix, bitnet.ffn, bitnet.hidden);
    add("ffn_up", WeightRole::kMatrix, bitnet.ffn, bitnet.hidden);
    add("ffn_sub_norm", WeightRole::kNorm, 1, bitnet.ffn);
    add("ffn_down", WeightRole::kMatrix, bitnet.hidden, bitnet.ffn);
  }
  out.push_back({"output_norm.weight", WeightRole::kNorm, 1, bitnet.hidden});
  return out;
}

Bitnet read_bitnet(const Gguf& gguf) { return Reader(gguf).read(); }

std::uint64_t matrix_operations(const Bitnet& bitnet) {
  const std::uint64_t attention = 2 * bitnet.hidden * (bitnet.hidden + bitnet.kv());
  return bitnet.layers * (attention + 3 * bitnet.hidden * bitnet.ffn);
}

std::uint64_t output_operations(const Bitnet& bitnet) { return bitnet.vocabulary * bitnet.hidden; }

}  // namespace bitgate::model
