#include "model/q8_0.hpp"

#include <cstdint>
#include <cstring>

#include "oracle/half.hpp"

namespace bitgate::model {
namespace {

constexpr std::size_t kBlock = 32;
constexpr std::size_t kBlockBytes = 2 + kBlock;

}  // namespace

void q8_0_to_f16(std::string_view blocks, std::span<std::byte> out) {
  for (std::size_t block = 0; block * kBlockBytes < blocks.size(); ++block) {
    const char* const from = blocks.data() + block * kBlockBytes;
    std::uint16_t bits = 0;
    std::memcpy(&bits, from, sizeof(bits));
    const float scale = oracle::f16_value(bits);
    for (std::size_t i = 0; i < kBlock; ++i) {
      const auto code = static_cast<std::int8_t>(from[2 + i]);
      const std::uint16_t value = oracle::f16_bits(scale * static_cast<float>(code));
      std::memcpy(out.data() + 2 * (block * kBlock + i), &value, sizeof(value));
    }
  }
}

}  // namespace bitgate::model
