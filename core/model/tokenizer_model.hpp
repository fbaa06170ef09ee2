// The two ways from text to ids.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/tokenizer_vocabulary.hpp"

namespace bitgate::model {

class TokenizerModel {
 public:
  TokenizerModel() = default;
  TokenizerModel(const TokenizerModel&) = delete;
  TokenizerModel& operator=(const TokenizerModel&) = delete;
  virtual ~TokenizerModel() = default;

  /// Appends the ids of a text. Throws std::invalid_argument if the vocabulary lacks a byte of it.
  virtual void encode(std::string_view text, std::vector<std::int32_t>& ids) const = 0;
};

/// Byte-level byte-pair encoding (model gpt2). Throws GgufError; `vocabulary` must live as long.
std::unique_ptr<const TokenizerModel> byte_level_model(const Gguf& gguf,
                                                       const Vocabulary& vocabulary);
/// How it writes tokens: a visible character for each byte (GPT-2's alphabet), but kUserDefined as
/// they are.
std::optional<std::string> byte_level_spelling(std::string_view written, TokenKind kind);

/// SentencePiece's merging by score (model llama). Throws GgufError; `vocabulary` must live as
/// long.
std::unique_ptr<const TokenizerModel> sentencepiece_model(const Gguf& gguf,
                                                          const Vocabulary& vocabulary);
/// How it writes tokens: U+2581 for a space.
std::optional<std::string> sentencepiece_spelling(std::string_view written, TokenKind kind);

}  // namespace bitgate::model
