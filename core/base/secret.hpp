// How a pipeline names a secret: "${secret:NAME}", as the whole value of a reporter's option.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bitgate {

inline constexpr std::string_view kSecretStart = "${secret:";

/// NAME, if the text is such a reference and nothing else. A name is one that an environment
/// variable can have: letters, digits and _, not a digit first.
std::optional<std::string> secret_name(std::string_view text);

}  // namespace bitgate
