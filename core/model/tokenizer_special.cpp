#include "model/tokenizer_special.hpp"

#include <algorithm>

namespace bitgate::model {

SpecialTokens::SpecialTokens(const Vocabulary& vocabulary, std::initializer_list<TokenKind> kinds)
    : vocabulary_(&vocabulary) {
  for (std::int32_t id = 0; vocabulary.has(id); ++id) {
    const std::string_view bytes = vocabulary.bytes(id);
    if (bytes.empty() || std::find(kinds.begin(), kinds.end(), vocabulary.kind(id)) == kinds.end())
      continue;
    by_byte_[static_cast<unsigned char>(bytes.front())].push_back(id);
  }
  for (std::vector<std::int32_t>& ids : by_byte_) {
    std::stable_sort(ids.begin(), ids.end(), [&](std::int32_t a, std::int32_t b) {
      return vocabulary.bytes(a).size() > vocabulary.bytes(b).size();
    });
  }
}

std::optional<std::int32_t> SpecialTokens::whole(std::string_view text) const {
  const Found found = first(text);
  if (found.id == kNoToken || vocabulary_->bytes(found.id) != text) return std::nullopt;
  return found.id;
}

SpecialTokens::Found SpecialTokens::first(std::string_view text) const {
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    for (const std::int32_t id : by_byte_[static_cast<unsigned char>(text[begin])]) {
      if (text.substr(begin).starts_with(vocabulary_->bytes(id))) return {begin, id};
    }
  }
  return {text.size(), kNoToken};
}

}  // namespace bitgate::model
