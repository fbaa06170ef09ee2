// Files of the source tree whose text is part of the program (bitgate_embed_files in cmake/).
#pragma once

#include <span>
#include <string_view>

namespace bitgate {

struct EmbeddedFile {
  std::string_view name;  ///< relative to the directory that was embedded
  std::string_view text;
};

}  // namespace bitgate
