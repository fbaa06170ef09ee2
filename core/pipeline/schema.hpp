// The JSON Schema of pipeline files, configs/pipeline.schema.json, as built into the program.
#pragma once

#include <string_view>

#include "base/embedded_file.hpp"

namespace bitgate {

std::span<const EmbeddedFile> pipeline_schema_files();

inline std::string_view pipeline_schema() { return pipeline_schema_files().front().text; }

}  // namespace bitgate
