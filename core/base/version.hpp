// Which bitgate this is.
#pragma once

#include <string_view>

namespace bitgate {

/// "0.1.0"
std::string_view tool_version();
/// Commit that was built, with "-dirty" if the tree had changes; "unknown" outside a checkout.
std::string_view tool_git();
/// Compiler and build type.
std::string_view tool_build();
/// The compiler's flags of that type.
std::string_view tool_flags();

}  // namespace bitgate
