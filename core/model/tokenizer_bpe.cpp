// Byte-level byte-pair encoding: every piece of the pre-tokenizer by itself, from bytes up, the
// pairs that stand first in the list of merges first.
#include <array>
#include <unordered_map>

#include <fmt/format.h>

#include "base/text.hpp"
#include "model/tokenizer_merge.hpp"
#include "model/tokenizer_model.hpp"
#include "model/tokenizer_split.hpp"

namespace bitgate::model {
namespace {

constexpr std::string_view kMergesKey = "tokenizer.ggml.merges";

/// GPT-2's alphabet: printable characters of Latin-1 are themselves, the 68 other bytes the
/// characters from U+0100 on in order.
class Alphabet {
 public:
  Alphabet() {
    byte_of_.fill(-1);
    std::size_t next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
      const bool itself = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
      byte_of_[itself ? static_cast<std::size_t>(byte) : next++] = static_cast<std::int16_t>(byte);
    }
  }

  /// -1 if the character is no letter of the alphabet.
  [[nodiscard]] int byte_of(char32_t code) const {
    return code < byte_of_.size() ? byte_of_[code] : -1;
  }

 private:
  std::array<std::int16_t, 0x100 + 68> byte_of_{};
};

class ByteLevelModel final : public TokenizerModel {
 public:
  ByteLevelModel(const Gguf& gguf, const Vocabulary& vocabulary) : vocabulary_(vocabulary) {
    check_splitter(gguf);
    const auto merges = gguf.strings(kMergesKey);
    if (!merges) {
      throw gguf.error(gguf.find("tokenizer.ggml.model")->offset,
                       fmt::format("the vocabulary has no {}", kMergesKey),
                       "convert the model again with a current converter");
    }
    merges_.reserve(merges->size());
    for (const std::string_view written : *merges) add_merge(gguf, written);
  }

  void encode(std::string_view text, std::vector<std::int32_t>& ids) const override {
    split_llama_bpe(text, [&](std::string_view piece) {
      // The vocabulary of Llama 3 has words that no merges lead to ("ignore_merges").
      if (const std::int32_t whole = vocabulary_.find(piece); whole != kNoToken) {
        ids.push_back(whole);
      } else {
        encode_piece(piece, ids);
      }
    });
  }

 private:
  static std::uint64_t pair(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(left) << 32U | static_cast<std::uint32_t>(right);
  }

  static void check_splitter(const Gguf& gguf) {
    constexpr std::string_view kKey = "tokenizer.ggml.pre";
    const auto named = gguf.string(kKey);
    if (named == "llama-bpe" || (!named && gguf.architecture() == "bitnet-b1.58")) return;
    const std::uint64_t offset = gguf.find(named ? kKey : "tokenizer.ggml.model")->offset;
    throw gguf.error(offset,
                     named ? fmt::format("{} is '{}', which bitgate does not know", kKey, *named)
                           : fmt::format("the vocabulary names no pre-tokenizer ({})", kKey),
                     "known is llama-bpe; other models can be given token ids");
  }

  /// "a b": two tokens that make a third.
  void add_merge(const Gguf& gguf, std::string_view written) {
    const std::size_t space = written.find(' ', 1);
    const auto left = byte_level_spelling(written.substr(0, space), TokenKind::kNormal);
    const auto right = space == std::string_view::npos
                           ? std::nullopt
                           : byte_level_spelling(written.substr(space + 1), TokenKind::kNormal);
    if (left && right) {
      const std::int32_t a = vocabulary_.find(*left);
      const std::int32_t b = vocabulary_.find(*right);
      const std::int32_t made = vocabulary_.find(*left + *right);
      if (a != kNoToken && b != kNoToken && made != kNoToken) {
        merges_.emplace(pair(a, b), Merge{static_cast<double>(merges_.size()), made});
        return;
      }
    }
    throw gguf.error(gguf.find(kMergesKey)->offset,
                     fmt::format("merge '{}' is not two tokens of the vocabulary that make a third",
                                 to_utf8(written)),
                     "convert the model again with a current converter");
  }

  void encode_piece(std::string_view piece, std::vector<std::int32_t>& ids) const {
    std::vector<Symbol> symbols;
    symbols.reserve(piece.size());
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const std::int32_t id = vocabulary_.byte(piece[i]);
      if (id == kNoToken) vocabulary_.refuse(piece[i]);
      symbols.push_back({i, 1, id});
    }
    merge_neighbours(symbols, [&](const Symbol& left, const Symbol& right) {
      const auto found = merges_.find(pair(left.id, right.id));
      return found == merges_.end() ? std::nullopt : std::optional(found->second);
    });
    for (const Symbol& symbol : symbols) ids.push_back(symbol.id);
  }

  const Vocabulary& vocabulary_;
  std::unordered_map<std::uint64_t, Merge> merges_;
};

}  // namespace

std::optional<std::string> byte_level_spelling(std::string_view written, TokenKind kind) {
  if (kind == TokenKind::kUserDefined) return std::string(written);
  static const Alphabet alphabet;
  std::string bytes;
  while (!written.empty()) {
    const Character letter = first_character(written);
    const int byte = alphabet.byte_of(letter.code);
    if (byte < 0) return std::nullopt;
    bytes += static_cast<char>(byte);
    written.remove_prefix(letter.bytes);
  }
  return bytes;
}

std::unique_ptr<const TokenizerModel> byte_level_model(const Gguf& gguf,
                                                       const Vocabulary& vocabulary) {
  return std::make_unique<ByteLevelModel>(gguf, vocabulary);
}

}  // namespace bitgate::model
