// The digest by which reports name a receipt.
#pragma once

#include <string>
#include <string_view>

namespace markdown {

/// SHA-256 in hex.
std::string sha256(std::string_view text);

}  // namespace markdown
