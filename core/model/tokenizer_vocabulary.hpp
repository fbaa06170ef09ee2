// The tokens of a vocabulary, as the bytes that they stand for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/gguf.hpp"

namespace bitgate::model {

inline constexpr std::string_view kTokensKey = "tokenizer.ggml.tokens";

/// Numbered as in tokenizer.ggml.token_type.
enum class TokenKind : std::uint8_t {
  kNormal = 1,
  kUnknown,
  kControl,
  kUserDefined,
  kUnused,
  kByte,
};

/// No token.
inline constexpr std::int32_t kNoToken = -1;

class Vocabulary {
 public:
  /// The bytes of a token of kind kNormal, kUnused or kUserDefined, from how the file writes it;
  /// nothing if it is not written as it should be.
  using Spelling =
      std::function<std::optional<std::string>(std::string_view written, TokenKind kind)>;

  /// Throws GgufError. kByte is written "<0x0A>", the kinds that `spelling` is not for as they are.
  Vocabulary(const Gguf& gguf, const Spelling& spelling);
  Vocabulary(const Vocabulary&) = delete;  // ids_ points into bytes_
  Vocabulary& operator=(const Vocabulary&) = delete;

  [[nodiscard]] std::size_t size() const { return kinds_.size(); }
  [[nodiscard]] bool has(std::int64_t id) const {
    return id >= 0 && static_cast<std::uint64_t>(id) < size();
  }
  [[nodiscard]] TokenKind kind(std::int32_t id) const {
    return kinds_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] std::string_view bytes(std::int32_t id) const {
    const auto at = static_cast<std::size_t>(id);
    return std::string_view(bytes_).substr(ends_[at], ends_[at + 1] - ends_[at]);
  }
  /// The kNormal or kUnused token of these bytes, or kNoToken.
  [[nodiscard]] std::int32_t find(std::string_view bytes) const;
  /// The token of one byte: kByte, else one that find() knows; or kNoToken.
  [[nodiscard]] std::int32_t byte(char byte) const {
    return of_byte_[static_cast<unsigned char>(byte)];
  }
  /// Throws std::invalid_argument: there is no token for this byte of a text.
  [[noreturn]] void refuse(char byte) const;

 private:
  std::string file_;
  std::string bytes_;              ///< of all tokens, one after another
  std::vector<std::size_t> ends_;  ///< in bytes_: token i from ends_[i] to ends_[i + 1]
  std::vector<TokenKind> kinds_;
  std::unordered_map<std::string_view, std::int32_t> ids_;
  std::array<std::int32_t, 256> of_byte_{};
};

}  // namespace bitgate::model
