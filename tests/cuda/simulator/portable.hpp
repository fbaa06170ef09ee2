// The other half of plugins/cuda/kernels/portable.hpp: the same words for a compiler of the CPU.
// The threads of a block are those of executor.hpp.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "oracle/half.hpp"

#define BG_KERNEL inline void
#define BG_DEVICE inline
// NOLINTBEGIN(bugprone-macro-parentheses): a type and a name take none
#define BG_SHARED(type, name, count) \
  auto* const name = static_cast<type*>(::bg_cuda::simulator::shared(sizeof(type) * (count)))
// NOLINTEND(bugprone-macro-parentheses)

namespace bg_cuda {
namespace simulator {

/// Where the thread that runs now stands.
struct Place {
  std::uint32_t thread_x;
  std::uint32_t thread_y;
  std::uint32_t block_x;
  std::uint32_t block_y;
  std::uint32_t threads;
  std::uint32_t blocks;
};
const Place& place();
/// Returns when every thread of the block is there.
void barrier();
/// Memory of the block's; the same for every thread that asks in the same order.
void* shared(std::size_t size);

/// What a lane brings to a product of tiles.
struct Fragments {
  std::uint32_t a[4];
  std::uint32_t b[2];
};
/// Gives the lane's own and returns, when every thread of the block is there, those of all 32 lanes
/// of its warp. They hold until the next call but one.
const Fragments* exchange(const Fragments& mine);

}  // namespace simulator

struct Words4 {
  std::uint32_t word[4];
};

BG_DEVICE std::uint32_t thread_x() { return simulator::place().thread_x; }
BG_DEVICE std::uint32_t thread_y() { return simulator::place().thread_y; }
BG_DEVICE std::uint32_t block_x() { return simulator::place().block_x; }
BG_DEVICE std::uint32_t block_y() { return simulator::place().block_y; }
BG_DEVICE std::uint32_t threads() { return simulator::place().threads; }
BG_DEVICE std::uint32_t blocks() { return simulator::place().blocks; }
BG_DEVICE void block_sync() { simulator::barrier(); }

BG_DEVICE std::int32_t dot4(std::uint32_t a, std::uint32_t b, std::int32_t c) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    c += static_cast<std::int8_t>(a >> shift) * static_cast<std::int8_t>(b >> shift);
  }
  return c;
}
/// Lane 4g + t has of a: rows g, g + 8, g, g + 8 at columns 4t, 4t, 4t + 16, 4t + 16 and the three
/// after; of b: column g at rows 4t and 4t + 16; of c: rows g, g, g + 8, g + 8, columns 2t, 2t + 1.
BG_DEVICE void multiply_tiles(const std::uint32_t* a, const std::uint32_t* b, std::int32_t* c) {
  const simulator::Fragments* lanes = simulator::exchange({{a[0], a[1], a[2], a[3]}, {b[0], b[1]}});
  const std::uint32_t lane = thread_x() % 32;
  for (std::uint32_t i = 0; i < 4; ++i) {
    const std::uint32_t row = lane / 4;  // of its eight
    const std::uint32_t col = lane % 4 * 2 + i % 2;
    for (std::uint32_t t = 0; t < 4; ++t) {
      c[i] = dot4(lanes[4 * row + t].a[i / 2], lanes[4 * col + t].b[0], c[i]);
      c[i] = dot4(lanes[4 * row + t].a[i / 2 + 2], lanes[4 * col + t].b[1], c[i]);
    }
  }
}
/// As the GPU, which faults on an address that is no multiple of 16 bytes.
BG_DEVICE Words4 load4(const std::uint32_t* from) {
  Words4 four{};
  if (reinterpret_cast<std::uintptr_t>(from) % 16 != 0) __builtin_trap();
  std::memcpy(&four, from, sizeof(four));
  return four;
}

BG_DEVICE float of_f16(std::uint16_t bits) { return bitgate::oracle::f16_value(bits); }
BG_DEVICE std::uint16_t to_f16(float value) { return bitgate::oracle::f16_bits(value); }
BG_DEVICE std::uint32_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }
BG_DEVICE float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }
BG_DEVICE float magnitude(float x) { return std::fabs(x); }
BG_DEVICE float larger(float a, float b) { return std::fmax(a, b); }
BG_DEVICE float nearest_integer(float x) { return std::rint(x); }
BG_DEVICE float root(float x) { return std::sqrt(x); }
BG_DEVICE float exponential(float x) { return std::exp(x); }

}  // namespace bg_cuda
