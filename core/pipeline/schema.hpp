// The JSON Schema of pipeline files, configs/pipeline.schema.json, as built into the program.
#pragma once

#include <string_view>

namespace bitgate {

std::string_view pipeline_schema();

}  // namespace bitgate
