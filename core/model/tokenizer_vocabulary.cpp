#include "model/tokenizer_vocabulary.hpp"

#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

#include "base/text.hpp"

namespace bitgate::model {
namespace {

constexpr std::string_view kKindsKey = "tokenizer.ggml.token_type";
constexpr const char* kConvertAgain = "convert the model again with a current converter";

/// Of "<0x0A>"
std::optional<std::string> byte_spelling(std::string_view written) {
  if (written.size() != 6 || !written.starts_with("<0x") || written.back() != '>') return {};
  unsigned value = 0;
  const auto [end, error] = std::from_chars(written.data() + 3, written.data() + 5, value, 16);
  if (error != std::errc{} || end != written.data() + 5) return {};
  return std::string(1, static_cast<char>(value));
}

TokenKind kind_of(const Gguf& gguf, std::int64_t number, std::size_t token) {
  if (number < 1 || number > static_cast<std::int64_t>(TokenKind::kByte)) {
    throw gguf.error(gguf.find(kKindsKey)->offset,
                     fmt::format("token {} has type {}, and types are 1 to 6", token, number),
                     kConvertAgain);
  }
  return static_cast<TokenKind>(number);
}

}  // namespace

Vocabulary::Vocabulary(const Gguf& gguf, const Spelling& spelling) : file_(gguf.file()) {
  const auto tokens = gguf.strings(kTokensKey);
  const auto kinds = gguf.integers(kKindsKey);
  if (!tokens || tokens->empty() || !kinds) {
    throw gguf.error(gguf.find("tokenizer.ggml.model")->offset,
                     fmt::format("the vocabulary has no {}", kinds ? kTokensKey : kKindsKey),
                     kConvertAgain);
  }
  const std::uint64_t offset = gguf.find(kTokensKey)->offset;
  if (kinds->size() != tokens->size()) {
    throw gguf.error(
        gguf.find(kKindsKey)->offset,
        fmt::format("there are {} tokens but the types of {}", tokens->size(), kinds->size()),
        kConvertAgain);
  }
  ends_.push_back(0);
  for (std::size_t i = 0; i < tokens->size(); ++i) {
    const std::string_view written = (*tokens)[i];
    kinds_.push_back(kind_of(gguf, (*kinds)[i], i));
    std::optional<std::string> bytes;
    switch (kinds_.back()) {
      case TokenKind::kNormal:
      case TokenKind::kUnused:
      case TokenKind::kUserDefined:
        bytes = spelling(written, kinds_.back());
        break;
      case TokenKind::kByte:
        bytes = byte_spelling(written);
        break;
      default:
        bytes = written;
    }
    if (!bytes) {
      throw gguf.error(offset,
                       fmt::format("token {} is '{}', which is not how this kind of vocabulary "
                                   "writes it",
                                   i, to_utf8(written)),
                       kConvertAgain);
    }
    bytes_ += *bytes;
    ends_.push_back(bytes_.size());
  }
  // bytes_ grows no more: views of it stay.
  ids_.reserve(size());
  of_byte_.fill(kNoToken);
  for (std::int32_t id = 0; has(id); ++id) {
    const std::string_view text = bytes(id);
    if (kind(id) == TokenKind::kByte) of_byte_[static_cast<unsigned char>(text.front())] = id;
    if (kind(id) != TokenKind::kNormal && kind(id) != TokenKind::kUnused) continue;
    const auto [other, added] = ids_.emplace(text, id);
    if (!added) {
      throw gguf.error(
          offset, fmt::format("tokens {} and {} are both '{}'", other->second, id, to_utf8(text)),
          kConvertAgain);
    }
  }
  for (int value = 0; value < 256; ++value) {
    const char byte = static_cast<char>(value);
    std::int32_t& id = of_byte_[static_cast<std::size_t>(value)];
    if (id == kNoToken) id = find({&byte, 1});
  }
}

std::int32_t Vocabulary::find(std::string_view bytes) const {
  const auto found = ids_.find(bytes);
  return found == ids_.end() ? kNoToken : found->second;
}

void Vocabulary::refuse(char byte) const {
  const auto value = static_cast<unsigned char>(byte);
  const std::string shown = value > 0x20 && value < 0x7F ? fmt::format(" ('{}')", byte) : "";
  throw std::invalid_argument(
      fmt::format("{}: the vocabulary has no token for the byte 0x{:02X}{} of the text; use only "
                  "characters that it has",
                  file_, value, shown));
}

}  // namespace bitgate::model
