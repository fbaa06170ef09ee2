#include "model/tokenizer.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "base/text.hpp"
#include "model/tokenizer_model.hpp"
#include "model/tokenizer_special.hpp"
#include "model/tokenizer_vocabulary.hpp"

namespace bitgate::model {
namespace {

constexpr std::string_view kModelKey = "tokenizer.ggml.model";

/// A kind of tokenizer, by its name in the file.
struct Kind {
  std::string_view name;
  std::optional<std::string> (*spelling)(std::string_view written, TokenKind kind);
  std::unique_ptr<const TokenizerModel> (*model)(const Gguf& gguf, const Vocabulary& vocabulary);
  bool spaced;  ///< puts a space before a text, if the file doesn't say otherwise
};

const Kind& kind_of(const Gguf& gguf) {
  static constexpr Kind kKinds[] = {
      {"gpt2", byte_level_spelling, byte_level_model, false},
      {"llama", sentencepiece_spelling, sentencepiece_model, true},
  };
  const auto named = gguf.string(kModelKey);
  if (!named) {
    throw gguf.error(16, fmt::format("there is no vocabulary ({}) among the metadata", kModelKey),
                     "give the model token ids, or convert it again with its tokenizer");
  }
  for (const Kind& kind : kKinds) {
    if (kind.name == *named) return kind;
  }
  throw gguf.error(
      gguf.find(kModelKey)->offset,
      fmt::format("{} is '{}', which bitgate does not know", kModelKey, to_utf8(*named)),
      "known are gpt2 and llama; other models can be given token ids");
}

}  // namespace

Tokenizer::Tokenizer(const Gguf& gguf) {
  const Kind& kind = kind_of(gguf);
  vocabulary_ = std::make_unique<Vocabulary>(gguf, kind.spelling);
  model_ = kind.model(gguf, *vocabulary_);
  control_ = std::make_unique<SpecialTokens>(
      *vocabulary_, std::initializer_list<TokenKind>{TokenKind::kControl, TokenKind::kUnknown});
  user_defined_ = std::make_unique<SpecialTokens>(
      *vocabulary_, std::initializer_list<TokenKind>{TokenKind::kUserDefined});
  if (kind.spaced && gguf.boolean("tokenizer.ggml.add_space_prefix").value_or(true)) prefix_ = " ";
  bos_ = token_of(gguf, "tokenizer.ggml.bos_token_id");
  eos_ = token_of(gguf, "tokenizer.ggml.eos_token_id");
  eot_ = token_of(gguf, "tokenizer.ggml.eot_token_id");
  if (!eot_) eot_ = control_->whole("<|eot_id|>");
  // The token if the file asks for it, or says nothing and both kinds of models do `otherwise`.
  const auto wanted = [&](std::string_view key, std::optional<std::int32_t> token, bool otherwise) {
    const auto said = gguf.boolean(key);
    if (said == true && !token) {
      throw gguf.error(gguf.find(key)->offset,
                       fmt::format("{} is true, and the file does not say which token", key),
                       "convert the model again with a current converter");
    }
    return said.value_or(otherwise) ? token : std::nullopt;
  };
  begin_ = wanted("tokenizer.ggml.add_bos_token", bos_, true);
  end_ = wanted("tokenizer.ggml.add_eos_token", eos_, false);
}

Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::from(const Gguf& gguf) { return Tokenizer(gguf); }

std::optional<std::int32_t> Tokenizer::token_of(const Gguf& gguf, std::string_view key) const {
  const auto id = gguf.integer(key);
  if (!id) return std::nullopt;
  if (!vocabulary_->has(*id)) {
    throw gguf.error(gguf.find(key)->offset,
                     fmt::format("{} is {}, and there are {} tokens", key, *id, size()),
                     "convert the model again with a current converter");
  }
  return static_cast<std::int32_t>(*id);
}

std::size_t Tokenizer::size() const { return vocabulary_->size(); }

std::vector<std::int32_t> Tokenizer::encode(std::string_view text) const {
  std::vector<std::int32_t> ids;
  const auto add = [&](std::int32_t id) { ids.push_back(id); };
  const auto encode_text = [&](std::string_view part) { model_->encode(part, ids); };
  control_->split(
      text,
      [&](std::string_view part) {
        user_defined_->split(std::string(prefix_).append(part), encode_text, add);
      },
      add);
  return ids;
}

std::vector<std::int32_t> Tokenizer::prompt(std::string_view text) const {
  std::vector<std::int32_t> ids = encode(text);
  if (begin_) ids.insert(ids.begin(), *begin_);
  if (end_) ids.push_back(*end_);
  return ids;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  bool begins = true;  // a part that encode() would put the prefix before
  for (const std::int32_t id : ids) {
    if (!vocabulary_->has(id)) {
      throw std::out_of_range(
          fmt::format("token {} is beyond the vocabulary of {} tokens", id, size()));
    }
    const TokenKind kind = vocabulary_->kind(id);
    std::string_view bytes = vocabulary_->bytes(id);
    const bool control = kind == TokenKind::kControl || kind == TokenKind::kUnknown;
    if (begins && !control && bytes.starts_with(prefix_)) bytes.remove_prefix(prefix_.size());
    text += bytes;
    begins = control;
  }
  return text;
}

}  // namespace bitgate::model
