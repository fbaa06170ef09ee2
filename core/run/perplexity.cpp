#include "run/perplexity.hpp"

#include <algorithm>
#include <cmath>

namespace bitgate {
namespace {

constexpr std::uint64_t kMostRows = 512;
/// Logits of a step: a large vocabulary takes fewer rows at once.
constexpr std::uint64_t kMostBytes = 16U << 20;

std::uint64_t longest(const Texts& texts) {
  std::uint64_t most = 0;
  for (const Text& text : texts) most = std::max<std::uint64_t>(most, text.ids.size());
  return most;
}

/// The last token of a text is no input: nothing behind it is to be foretold.
std::uint64_t rows_of(const model::Bitnet& bitnet, const Texts& texts) {
  const std::uint64_t fit = kMostBytes / (bitnet.vocabulary * sizeof(float));
  return std::clamp<std::uint64_t>(longest(texts) - 1, 1,
                                   std::clamp<std::uint64_t>(fit, 1, kMostRows));
}

/// Every step is `rows` long, so the last one of a text may reach behind its end.
std::uint64_t context_of(const Texts& texts, std::uint64_t rows) {
  return (longest(texts) + rows - 1) / rows * rows;
}

}  // namespace

std::uint64_t foretold(const Texts& texts) {
  std::uint64_t sum = 0;
  for (const Text& text : texts) sum += text.ids.size() - text.given;
  return sum;
}

double surprise(std::span<const float> logits, std::int32_t token) {
  const double most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - most);
  return most + std::log(sum) - logits[static_cast<std::size_t>(token)];
}

Perplexity::Perplexity(const model::Bitnet& bitnet, const std::string& format,
                       ModelWeights& weights, worker::BackendClient& client, const Texts& texts)
    : texts_(texts),
      vocabulary_(bitnet.vocabulary),
      rows_(rows_of(bitnet, texts)),
      programs_(bitnet, format, weights, client, context_of(texts, rows_), rows_) {}

double Perplexity::surprise_of(GraphProgram& program, const Text& text) {
  double sum = 0;
  std::vector<std::int32_t> ids(rows_);
  const std::size_t inputs = text.ids.size() - 1;
  for (std::size_t done = 0; done < inputs; done += rows_) {
    const std::size_t count = std::min<std::size_t>(inputs - done, rows_);
    // What stands behind the text's end is never looked back at, and its logits are not read.
    std::fill(ids.begin(), ids.end(), 0);
    std::copy_n(text.ids.begin() + static_cast<std::ptrdiff_t>(done), count, ids.begin());
    programs_.run(program, ids, done);
    if (done + count < text.given) continue;
    const std::span<const float> logits = programs_.logits(program);
    for (std::size_t i = text.given - 1 - std::min(text.given - 1, done); i < count; ++i) {
      sum += surprise(logits.subspan(i * vocabulary_, vocabulary_), text.ids[done + i + 1]);
    }
  }
  return sum;
}

double Perplexity::measure() {
  GraphProgram program;
  programs_.prepare(rows_, model::Head::kAllLogits, false, program);
  double sum = 0;
  for (const Text& text : texts_) sum += surprise_of(program, text);
  programs_.drop(program);
  programs_.drop_shared();
  return std::exp(sum / static_cast<double>(foretold(texts_)));
}

void Perplexity::release() { programs_.release(); }

}  // namespace bitgate
