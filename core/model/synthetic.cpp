#include "model/synthetic.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace bitgate {
namespace {

/// SplitMix64's output function over a counter: element i needs no other element (Steele, Lea and
/// Flood, OOPSLA 2014).
constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

class Stream {
 public:
  Stream(std::uint64_t seed, std::uint64_t variant, std::uint64_t purpose)
      : base_(mix(mix(mix(seed) + variant) + purpose)) {}

  std::uint64_t at(std::uint64_t index) const {
    return mix(base_ + (index + 1) * 0x9E3779B97F4A7C15U);
  }

 private:
  std::uint64_t base_;
};

constexpr std::uint64_t kWeights = 1;
constexpr std::uint64_t kActivations = 2;
constexpr std::uint64_t kModel = 3;
constexpr float kScale = 1.0F / 64.0F;

/// Normal by the central limit theorem: popcount and low bits of one word. Exact integer
/// arithmetic, so it is the same wherever it runs. The sum of 32 coin tosses has mean 16 and
/// variance 8; the other half of the word fills the gaps between its integers.
float gaussian(std::uint64_t word) {
  const int heads = std::popcount(static_cast<std::uint32_t>(word));
  const auto fraction = static_cast<float>(word >> 40) * (1.0F / 16777216.0F) - 0.5F;
  constexpr float kDeviation = 2.8431204F;  // sqrt(8 + 1/12)
  return (static_cast<float>(heads - 16) + fraction) / kDeviation;
}

/// Eight bytes at a time, each word of the stream made fit by `shape`.
template <class Shape>
void fill_words(std::span<std::byte> out, const Stream& stream, const Shape& shape) {
  std::size_t at = 0;
  for (std::uint64_t index = 0; at < out.size(); ++index) {
    const std::uint64_t word = shape(stream.at(index));
    const std::size_t size = std::min(sizeof(word), out.size() - at);
    std::memcpy(out.data() + at, &word, size);
    at += size;
  }
}

}  // namespace

void fill_weights(std::span<float> out, Values values, std::uint64_t seed) {
  const Stream stream(seed, 0, kWeights);
  if (values == Values::kGaussian) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = gaussian(stream.at(i)) * kScale;
    return;
  }
  constexpr std::array<float, 3> kValues = {-kScale, 0, kScale};
  for (std::size_t i = 0; i < out.size(); ++i) {
    // The high half of a 32x32-bit product: uniform over 0, 1, 2 without a division.
    out[i] = kValues[((stream.at(i) >> 32) * 3) >> 32];
  }
}

void fill_activations(std::span<std::int8_t> out, std::uint64_t seed, std::uint64_t variant) {
  const Stream stream(seed, variant, kActivations);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::int8_t>(static_cast<int>(stream.at(i) >> 56) - 128);
  }
}

void fill_activations(std::span<float> out, std::uint64_t seed, std::uint64_t variant) {
  const Stream stream(seed, variant, kActivations);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<float>(stream.at(i) >> 40) * (2.0F / 16777216.0F) - 1.0F;
  }
}

void fill_i2_s(std::span<std::byte> codes, std::uint64_t seed, std::uint64_t variant) {
  // Of four codes the illegal one, 3, becomes 1, which stands for the weight 0.
  fill_words(codes, Stream(seed, variant, kModel), [](std::uint64_t word) {
    constexpr std::uint64_t kLowBits = 0x5555555555555555U;
    const std::uint64_t illegal = word & (word >> 1) & kLowBits;
    return word ^ (illegal << 1);
  });
}

void fill_f16(std::span<std::byte> out, std::uint64_t seed, std::uint64_t variant) {
  // Signs and mantissas from the stream, the exponent of 2^-6 = 1/64.
  fill_words(out, Stream(seed, variant, kModel), [](std::uint64_t word) {
    constexpr std::uint64_t kLanes = 0x0001000100010001U;
    return (word & (kLanes * 0x83FF)) | (kLanes * ((15 - 6) << 10));
  });
}

}  // namespace bitgate
