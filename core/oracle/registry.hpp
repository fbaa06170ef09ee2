// The ternary formats that the judge can write and read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "oracle/codec.hpp"

namespace bitgate::oracle {

/// A ternary format with its canonical bytes both ways; errors as encode_i2_s and decode_i2_s.
/// Which shapes it holds: formats::byte_size.
struct Codec {
  std::string_view format;
  std::vector<std::byte> (*encode)(const Ternary& weights);
  Ternary (*decode)(std::span<const std::byte> bytes, std::uint64_t rows, std::uint64_t cols);
};

std::span<const Codec> codecs();

/// nullptr if the format is not ternary, or unknown.
const Codec* find_codec(std::string_view format);

}  // namespace bitgate::oracle
