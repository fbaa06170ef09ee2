#include "run/oracle_check.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "run/oracle_forward.hpp"

namespace bitgate {
namespace {

constexpr double kBound = 0.01;
/// Multiply-adds that the oracle is given.
constexpr std::uint64_t kBudget = 1'000'000'000;
constexpr std::uint64_t kMostTokens = 32;
constexpr std::size_t kFewTokens = 2;

class Check {
 public:
  Check(const model::Model& model, const std::string& format, ModelWeights& weights,
        worker::BackendClient& client, const Questions& questions)
      : model_(model), format_(format), weights_(weights), client_(client) {
    questions_ = questions;
    questions_.prompts.resize(1);
    questions_.tokens = std::min(questions.tokens, kMostTokens);
    layers_ = model.bitnet().layers;
    if (cost(layers_) <= kBudget) return;
    // The kernels are the same for every token and layer.
    std::vector<std::int32_t>& prompt = questions_.prompts.front();
    prompt.resize(std::min(prompt.size(), kFewTokens));
    questions_.tokens = 1;
    while (layers_ > 1 && cost(layers_) > kBudget) --layers_;
  }

  OracleCheck run() {
    OracleCheck out = compare(layers_);
    for (std::uint64_t layers = 1; out.mismatches > 0 && out.diverges.empty(); ++layers) {
      if (layers == layers_) {
        out.diverges = fmt::format("layer {} or the output, as the first", layers - 1);
      } else if (compare(layers).mismatches > 0) {
        out.diverges = fmt::format("layer {} as the first", layers - 1);
      }
    }
    return out;
  }

 private:
  [[nodiscard]] std::uint64_t cost(std::uint64_t layers) const {
    const model::Bitnet part = first_layers(model_.bitnet(), layers);
    const std::uint64_t tokens = questions_.prompts.front().size() + questions_.tokens - 1;
    return tokens * (matrix_operations(part) + output_operations(part));
  }

  OracleCheck compare(std::uint64_t layers) {
    const model::Bitnet part = first_layers(model_.bitnet(), layers);
    std::vector<float> got;
    std::vector<std::int32_t> ids = questions_.prompts.front();
    const std::size_t first = ids.size() - 1;
    Generation generation(part, format_, weights_, client_, questions_);
    generation.prepare();
    const Answer answer = generation.answer(0, &got);
    generation.drop_all();
    generation.release();
    ids.insert(ids.end(), answer.ids.begin(), answer.ids.end() - 1);

    const std::vector<float> all = oracle_logits(model_, layers, format_, ids);
    const std::span<const float> wanted =
        std::span(all).subspan(first * model_.bitnet().vocabulary);
    OracleCheck out;
    out.layers = layers;
    out.tokens = answer.ids.size();
    double products = 0;
    double squares = 0;
    double wanted_squares = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      products += double{got[i]} * wanted[i];
      squares += double{got[i]} * got[i];
      wanted_squares += double{wanted[i]} * wanted[i];
    }
    out.cosine = products / std::sqrt(squares * wanted_squares);
    for (std::size_t i = 0; i < answer.ids.size(); ++i) {
      compare_token(std::span(got).subspan(i * part.vocabulary, part.vocabulary),
                    wanted.subspan(i * part.vocabulary, part.vocabulary), answer.ids[i], out);
    }
    return out;
  }

  static void compare_token(std::span<const float> got, std::span<const float> wanted,
                            std::int32_t chosen, OracleCheck& out) {
    double bound = 0;
    for (const float logit : wanted) bound = std::max(bound, kBound * std::abs(double{logit}));
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double error = std::abs(double{got[i]} - wanted[i]) / bound;
      out.mismatches += error <= 1 ? 0 : 1;  // a NaN is one
      if (error > out.max_error || std::isnan(error)) out.max_error = error;
    }
    const float best = *std::max_element(got.begin(), got.end());
    out.mismatches += got[static_cast<std::size_t>(chosen)] == best ? 0 : 1;
  }

  const model::Model& model_;
  const std::string& format_;
  ModelWeights& weights_;
  worker::BackendClient& client_;
  Questions questions_;
  std::uint64_t layers_ = 1;
};

}  // namespace

OracleCheck check_by_oracle(const model::Model& model, const std::string& format,
                            ModelWeights& weights, worker::BackendClient& client,
                            const Questions& questions) {
  return Check(model, format, weights, client, questions).run();
}

}  // namespace bitgate
