// Q8_0 of ggml: blocks of 32 weights, an f16 scale and 32 int8 codes (ggml-common.h, block_q8_0).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace bitgate::model {

/// Each weight as the f16 that is nearest to scale * code; `out` has room for 2 bytes a weight.
void q8_0_to_f16(std::string_view blocks, std::span<std::byte> out);

}  // namespace bitgate::model
