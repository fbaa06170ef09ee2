#include "base/version.hpp"

#include "git_revision.hpp"

namespace bitgate {

std::string_view tool_version() { return BITGATE_VERSION; }

std::string_view tool_git() { return BITGATE_GIT_REVISION; }

std::string_view tool_build() { return BITGATE_COMPILER ", " BITGATE_BUILD_TYPE; }

std::string_view tool_flags() { return BITGATE_FLAGS; }

}  // namespace bitgate
