// SentencePiece's byte-pair encoding: from characters up, the pair that makes the token of the
// highest score first. Characters that end up in no token become tokens of their bytes.
#include <fmt/format.h>

#include "base/text.hpp"
#include "model/tokenizer_merge.hpp"
#include "model/tokenizer_model.hpp"

namespace bitgate::model {
namespace {

constexpr std::string_view kScoresKey = "tokenizer.ggml.scores";

class SentencePieceModel final : public TokenizerModel {
 public:
  SentencePieceModel(const Gguf& gguf, const Vocabulary& vocabulary) : vocabulary_(vocabulary) {
    auto scores = gguf.reals(kScoresKey);
    if (!scores || scores->size() != vocabulary.size()) {
      const GgufValue* at = gguf.find(scores ? kScoresKey : kTokensKey);
      throw gguf.error(at->offset,
                       fmt::format("{} must have a score for each of {} tokens, and has {}",
                                   kScoresKey, vocabulary.size(), scores ? scores->size() : 0),
                       "convert the model again with a current converter");
    }
    scores_ = std::move(*scores);
  }

  void encode(std::string_view text, std::vector<std::int32_t>& ids) const override {
    std::vector<Symbol> symbols;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = first_character(text.substr(at)).bytes;
      symbols.push_back({at, size, vocabulary_.find(text.substr(at, size))});
      at += size;
    }
    merge_neighbours(symbols, [&](const Symbol& left, const Symbol& right) {
      const std::int32_t id = vocabulary_.find(text.substr(left.begin, left.size + right.size));
      if (id == kNoToken) return std::optional<Merge>();
      return std::optional(Merge{-static_cast<double>(scores_[static_cast<std::size_t>(id)]), id});
    });
    for (const Symbol& symbol : symbols) {
      if (symbol.id != kNoToken) {
        ids.push_back(symbol.id);
        continue;
      }
      for (const char byte : text.substr(symbol.begin, symbol.size)) {
        const std::int32_t id = vocabulary_.byte(byte);
        if (id == kNoToken) vocabulary_.refuse(byte);
        ids.push_back(id);
      }
    }
  }

 private:
  const Vocabulary& vocabulary_;
  std::vector<float> scores_;
};

}  // namespace

std::optional<std::string> sentencepiece_spelling(std::string_view written, TokenKind /*kind*/) {
  // A U+2581 of the text itself is no token, so it is encoded by bytes and not taken for a space.
  constexpr std::string_view kSpace = "\xE2\x96\x81";
  std::string bytes;
  while (!written.empty()) {
    const bool space = written.starts_with(kSpace);
    bytes += space ? ' ' : written.front();
    written.remove_prefix(space ? kSpace.size() : 1);
  }
  return bytes;
}

std::unique_ptr<const TokenizerModel> sentencepiece_model(const Gguf& gguf,
                                                          const Vocabulary& vocabulary) {
  return std::make_unique<SentencePieceModel>(gguf, vocabulary);
}

}  // namespace bitgate::model
