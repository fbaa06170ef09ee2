// binary16 and bfloat16 in integer arithmetic, for every bit pattern.
#pragma once

#include <cstdint>

namespace bitgate::oracle {

/// To nearest, ties to even; beyond the range an infinity; NaN stays a (quiet) NaN.
std::uint16_t f16_bits(float value);
std::uint16_t bf16_bits(float value);

float f16_value(std::uint16_t bits);
float bf16_value(std::uint16_t bits);

}  // namespace bitgate::oracle
