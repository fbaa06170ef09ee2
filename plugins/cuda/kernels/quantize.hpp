// Real numbers to codes, and back.
#pragma once

#include "kernels/reduce.hpp"
#include "kernels/ternary.hpp"

namespace bg_cuda {

/// One row of f32 to int8 codes by its own maximum, padded with zeros up to whole chunks, and their
/// sums. A block of kGroup threads for each row.
BG_KERNEL quantize_i8(const float* x, std::uint32_t cols, std::uint32_t chunks, std::int8_t* codes,
                      std::int32_t* sums, float* scales) {
  BG_SHARED(float, scratch, kGroup);
  const float* from = x + static_cast<std::size_t>(block_x()) * cols;
  float largest = 0;
  for (std::uint32_t i = thread_x(); i < cols; i += kGroup) {
    largest = larger(largest, magnitude(from[i]));
  }
  largest = larger(reduce<Larger>(largest, scratch), 1e-5F);
  const float inverse = 127.0F / largest;
  if (thread_x() == 0) scales[block_x()] = largest / 127.0F;
  for (std::uint32_t chunk = thread_x(); chunk < chunks; chunk += kGroup) {
    const std::size_t place = static_cast<std::size_t>(block_x()) * chunks + chunk;
    std::int32_t sum = 0;
    for (std::uint32_t i = 0; i < kChunk; ++i) {
      const std::uint32_t col = chunk * kChunk + i;
      const auto code =
          static_cast<std::int8_t>(col < cols ? nearest_integer(from[col] * inverse) : 0.0F);
      codes[place * kChunk + i] = code;
      sum += code;
    }
    sums[place] = sum;
  }
}

/// Grid: rows, columns.
BG_KERNEL dequantize_i8(const std::int8_t* codes, const float* scales, std::uint32_t cols,
                        std::uint32_t chunks, float* y) {
  const std::uint32_t col = block_y() * threads() + thread_x();
  const std::size_t row = block_x();
  if (col >= cols) return;
  y[row * cols + col] = static_cast<float>(codes[row * chunks * kChunk + col]) * scales[row];
}

/// f32 to or from the floats of 16 bits.
template <class Format>
BG_KERNEL to_half(const float* x, std::uint64_t count, std::uint16_t* y) {
  const std::uint64_t i = static_cast<std::uint64_t>(block_x()) * threads() + thread_x();
  if (i < count) Format::store(x[i], i, y);
}
template <class Format>
BG_KERNEL from_half(const std::uint16_t* x, std::uint64_t count, float* y) {
  const std::uint64_t i = static_cast<std::uint64_t>(block_x()) * threads() + thread_x();
  if (i < count) y[i] = Format::load(x, i);
}

/// Scale of a whole tensor in two steps: many blocks each look at a part of it, one at what they
/// found.
struct Extent {
  std::uint64_t begin;
  std::uint64_t end;
};
BG_DEVICE Extent part_of(std::uint64_t count) {
  const std::uint64_t length = (count + blocks() - 1) / blocks();
  const std::uint64_t begin = block_x() * length;
  const std::uint64_t end = begin + length;
  return {begin, end < count ? end : count};
}

BG_KERNEL largest_part(const float* x, std::uint64_t count, float* found) {
  BG_SHARED(float, scratch, kGroup);
  const Extent part = part_of(count);
  float largest = 0;
  for (std::uint64_t i = part.begin + thread_x(); i < part.end; i += kGroup) {
    largest = larger(largest, magnitude(x[i]));
  }
  largest = reduce<Larger>(largest, scratch);
  if (thread_x() == 0) found[block_x()] = largest;
}
BG_KERNEL largest_scale(const float* found, std::uint32_t parts, float* scale) {
  BG_SHARED(float, scratch, kGroup);
  float largest = 0;
  for (std::uint32_t i = thread_x(); i < parts; i += kGroup) largest = larger(largest, found[i]);
  largest = reduce<Larger>(largest, scratch);
  if (thread_x() == 0) scale[0] = largest;
}
BG_KERNEL magnitude_part(const float* x, std::uint64_t count, double* found) {
  BG_SHARED(double, scratch, kGroup);
  const Extent part = part_of(count);
  double sum = 0;
  for (std::uint64_t i = part.begin + thread_x(); i < part.end; i += kGroup) {
    sum += static_cast<double>(magnitude(x[i]));
  }
  sum = reduce<Sum>(sum, scratch);
  if (thread_x() == 0) found[block_x()] = sum;
}
BG_KERNEL mean_scale(const double* found, std::uint32_t parts, std::uint64_t count, float* scale) {
  BG_SHARED(double, scratch, kGroup);
  double sum = 0;
  for (std::uint32_t i = thread_x(); i < parts; i += kGroup) sum += found[i];
  sum = reduce<Sum>(sum, scratch);
  if (thread_x() != 0) return;
  scale[0] = larger(static_cast<float>(sum / static_cast<double>(count)), 1e-5F);
}

/// Codes by a threshold: |x| > half the scale, or without `absmean` |x| >= 1e-6. Behind the
/// tensor's edge they are 0. A thread for each word; grid: rows up to whole blocks, words of a row.
BG_KERNEL quantize_ternary(const float* x, const float* scale, std::uint32_t absmean,
                           std::uint32_t rows, std::uint32_t cols, std::uint32_t words,
                           std::uint32_t* w) {
  const std::uint32_t word = block_y() * threads() + thread_x();
  const std::uint32_t row = block_x();
  if (word >= words) return;
  const float half_scale = scale[0] * 0.5F;
  std::uint32_t codes = 0;
  for (std::uint32_t i = 0; i < kWordCodes; ++i) {
    const std::uint32_t col = word * kWordCodes + i;
    const bool inside = row < rows && col < cols;
    const float value = inside ? x[static_cast<std::size_t>(row) * cols + col] : 0.0F;
    const bool counts = absmean != 0 ? magnitude(value) > half_scale : magnitude(value) >= 1e-6F;
    const std::uint32_t code = !counts ? 1U : value > 0 ? 2U : 0U;
    codes |= code << code_shift(col);
  }
  w[word_index(row, word, words)] = codes;
}

BG_KERNEL fill_block_scales(const float* scale, std::uint32_t count, std::uint16_t* scales) {
  const std::uint32_t i = block_x() * threads() + thread_x();
  if (i < count) scales[i] = to_f16(scale[0]);
}

}  // namespace bg_cuda
