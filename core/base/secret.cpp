#include "base/secret.hpp"

namespace bitgate {

std::optional<std::string> secret_name(std::string_view text) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  constexpr std::string_view kDigits = "0123456789";
  if (!text.starts_with(kSecretStart) || !text.ends_with('}')) return std::nullopt;
  text.remove_prefix(kSecretStart.size());
  text.remove_suffix(1);
  if (text.empty() || kDigits.find(text.front()) != std::string_view::npos ||
      text.find_first_not_of(kAllowed) != std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(text);
}

}  // namespace bitgate
