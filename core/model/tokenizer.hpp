// Text to token ids and back, as the tokenizer.ggml.* keys of a model file say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/gguf.hpp"

namespace bitgate::model {

class SpecialTokens;
class TokenizerModel;
class Vocabulary;

/// Two kinds of tokenizers are known, by tokenizer.ggml.model:
/// - gpt2: byte-level byte-pair encoding behind the pre-tokenizer llama-bpe. A bitnet-b1.58 file
///   that names no pre-tokenizer has this one, as 2B-4T was published.
/// - llama: pieces of SentencePiece, merged by score, other characters in byte tokens.
///
/// decode(encode(text)) is `text`, byte for byte, be it UTF-8 or not. The object doesn't need the
/// file any more, and its const members can be called from several threads.
class Tokenizer {
 public:
  /// Throws GgufError if the file has no vocabulary, one of another kind, or a broken one.
  static Tokenizer from(const Gguf& gguf);
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// Control tokens that stand in the text ("<|eot_id|>") become these tokens. Throws
  /// std::invalid_argument if the vocabulary lacks a byte of the text.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const;
  /// The same with the beginning and the end that the model wants around a text (add_bos_token,
  /// add_eos_token).
  [[nodiscard]] std::vector<std::int32_t> prompt(std::string_view text) const;
  /// Control tokens become their text. Bytes of one character may lie in several tokens: cut ids
  /// anywhere, and it may be no UTF-8. Throws std::out_of_range for an id beyond the vocabulary.
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const;

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::optional<std::int32_t> bos() const { return bos_; }
  [[nodiscard]] std::optional<std::int32_t> eos() const { return eos_; }
  /// Ends a turn of a conversation: eot_token_id or, as files of Llama 3's vocabulary don't name
  /// it, the control token "<|eot_id|>".
  [[nodiscard]] std::optional<std::int32_t> eot() const { return eot_; }
  /// Whether the model says by this token that it has finished.
  [[nodiscard]] bool ends(std::int32_t id) const { return id == eos_ || id == eot_; }

 private:
  explicit Tokenizer(const Gguf& gguf);
  [[nodiscard]] std::optional<std::int32_t> token_of(const Gguf& gguf, std::string_view key) const;

  std::unique_ptr<const Vocabulary> vocabulary_;
  std::unique_ptr<const TokenizerModel> model_;
  std::unique_ptr<const SpecialTokens> control_;       ///< kControl and kUnknown
  std::unique_ptr<const SpecialTokens> user_defined_;  ///< kUserDefined, in what lies between
  std::string_view prefix_;  ///< what text starts with, and text behind control tokens
  std::optional<std::int32_t> bos_;
  std::optional<std::int32_t> eos_;
  std::optional<std::int32_t> eot_;
  std::optional<std::int32_t> begin_;  ///< of a prompt: bos_ or nothing
  std::optional<std::int32_t> end_;    ///< of a prompt: eos_ or nothing
};

}  // namespace bitgate::model
