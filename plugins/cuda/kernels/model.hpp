// The other operations of a transformer; t tokens, one a row. Elements and sums are f32.
#pragma once

#include "arguments.hpp"
#include "kernels/reduce.hpp"

namespace bg_cuda {

/// An id that would reach beyond the table gives zeros. Grid: tokens, columns.
template <class Format>
BG_KERNEL embed(const typename Format::Element* table, const std::int32_t* ids, std::uint32_t rows,
                std::uint32_t cols, float* y) {
  const std::uint32_t col = block_y() * threads() + thread_x();
  const std::size_t token = block_x();
  if (col >= cols) return;
  const auto row = static_cast<std::uint32_t>(ids[token]);
  const std::size_t at = static_cast<std::size_t>(row) * cols + col;
  y[token * cols + col] = row < rows ? Format::load(table, at) : 0.0F;
}

/// A block of kGroup threads for each row; x and y may be one tensor.
BG_KERNEL rms_norm(const float* x, const float* weight, std::uint32_t cols, float epsilon,
                   float* y) {
  BG_SHARED(float, scratch, kGroup);
  const std::size_t row = static_cast<std::size_t>(block_x()) * cols;
  float sum = 0;
  for (std::uint32_t i = thread_x(); i < cols; i += kGroup) sum += x[row + i] * x[row + i];
  sum = reduce<Sum>(sum, scratch);
  const float length = root(sum / static_cast<float>(cols) + epsilon);
  for (std::uint32_t i = thread_x(); i < cols; i += kGroup) {
    y[row + i] = x[row + i] / length * weight[i];
  }
}

/// Turns each head's planes (j, j + planes). The table holds, for each position, the cosines and
/// then the sines of all planes. Grid: rows, pairs of a row; x and y may be one tensor.
BG_KERNEL rope(const float* x, const std::int32_t* positions, const float* table,
               std::uint32_t cols, std::uint32_t planes, std::uint32_t context, float* y) {
  const std::uint32_t pair = block_y() * threads() + thread_x();
  const std::size_t row = block_x();
  if (pair >= cols / 2) return;
  const std::uint32_t plane = pair % planes;
  const std::size_t low = row * cols + static_cast<std::size_t>(pair / planes) * 2 * planes + plane;
  const std::size_t high = low + planes;
  auto position = static_cast<std::uint32_t>(positions[row]);
  if (position >= context) position = context - 1;
  const float* turns = table + static_cast<std::size_t>(position) * 2 * planes;
  const float cosine = turns[plane];
  const float sine = turns[planes + plane];
  const float a = x[low];
  const float b = x[high];
  y[low] = a * cosine - b * sine;
  y[high] = a * sine + b * cosine;
}

/// Rows of k and v to their positions in the cache. Grid: rows, columns.
template <class Format>
BG_KERNEL store_rows(const float* k, const float* v, const std::int32_t* positions,
                     std::uint32_t cols, std::uint32_t context, typename Format::Element* keys,
                     typename Format::Element* values) {
  const std::uint32_t col = block_y() * threads() + thread_x();
  const std::size_t row = block_x();
  const auto position = static_cast<std::uint32_t>(positions[row]);
  if (col >= cols || position >= context) return;
  const std::size_t to = static_cast<std::size_t>(position) * cols + col;
  Format::store(k[row * cols + col], to, keys);
  Format::store(v[row * cols + col], to, values);
}

/// A block of kGroup threads for each head of each row: scores of all rows up to the position,
/// their softmax, the sum of values. `scores` has `context` places for each block. Grid: heads,
/// rows.
template <class Format>
BG_KERNEL attention(const float* q, const std::int32_t* positions,
                    const typename Format::Element* keys, const typename Format::Element* values,
                    AttentionShape shape, float* scores, float* y) {
  BG_SHARED(float, scratch, kGroup);
  const std::uint32_t a = block_x();
  const std::size_t row = block_y();
  auto position = static_cast<std::uint32_t>(positions[row]);
  if (position >= shape.context) position = shape.context - 1;
  const std::uint32_t end = position + 1;
  const std::size_t query = (row * shape.heads + a) * shape.head;
  const std::size_t column =
      static_cast<std::size_t>(a / (shape.heads / shape.kv_heads)) * shape.head;
  const std::size_t stride = static_cast<std::size_t>(shape.kv_heads) * shape.head;
  float* mine = scores + (row * shape.heads + a) * shape.context;
  const float factor = 1.0F / root(static_cast<float>(shape.head));
  float largest = -3.0e38F;
  for (std::uint32_t r = thread_x(); r < end; r += kGroup) {
    float sum = 0;
    for (std::uint32_t j = 0; j < shape.head; ++j) {
      sum += q[query + j] * Format::load(keys, r * stride + column + j);
    }
    mine[r] = sum * factor;
    largest = larger(largest, mine[r]);
  }
  largest = reduce<Larger>(largest, scratch);
  float total = 0;
  for (std::uint32_t r = thread_x(); r < end; r += kGroup) {
    mine[r] = exponential(mine[r] - largest);
    total += mine[r];
  }
  // Its barriers also make every thread's scores visible to the others.
  total = reduce<Sum>(total, scratch);
  for (std::uint32_t j = thread_x(); j < shape.head; j += kGroup) {
    float sum = 0;
    for (std::uint32_t r = 0; r < end; ++r) {
      sum += mine[r] * Format::load(values, r * stride + column + j);
    }
    y[query + j] = sum / total;
  }
}

BG_KERNEL relu2_gate(const float* gate, const float* up, std::uint64_t count, float* y) {
  const std::uint64_t i = static_cast<std::uint64_t>(block_x()) * threads() + thread_x();
  if (i >= count) return;
  const float positive = gate[i] < 0 ? 0 : gate[i];  // a NaN stays one
  y[i] = positive * positive * up[i];
}

BG_KERNEL silu_gate(const float* gate, const float* up, std::uint64_t count, float* y) {
  const std::uint64_t i = static_cast<std::uint64_t>(block_x()) * threads() + thread_x();
  if (i < count) y[i] = gate[i] / (1 + exponential(-gate[i])) * up[i];
}

BG_KERNEL add(const float* a, const float* b, std::uint64_t count, float* y) {
  const std::uint64_t i = static_cast<std::uint64_t>(block_x()) * threads() + thread_x();
  if (i < count) y[i] = a[i] + b[i];
}

/// The first of the largest. A block of kGroup threads for each row.
BG_KERNEL argmax(const float* x, std::uint32_t cols, std::int32_t* ids) {
  BG_SHARED(float, values, kGroup);
  BG_SHARED(std::uint32_t, places, kGroup);
  const std::size_t row = static_cast<std::size_t>(block_x()) * cols;
  float best = 0;
  std::uint32_t place = cols;
  for (std::uint32_t i = thread_x(); i < cols; i += kGroup) {
    if (place != cols && !(x[row + i] > best)) continue;
    best = x[row + i];
    place = i;
  }
  values[thread_x()] = best;
  places[thread_x()] = place;
  block_sync();
  if (thread_x() != 0) return;
  for (std::uint32_t other = 1; other < kGroup; ++other) {
    if (places[other] == cols) continue;
    const bool better = values[other] > best || (values[other] == best && places[other] < place);
    if (!better) continue;
    best = values[other];
    place = places[other];
  }
  ids[block_x()] = static_cast<std::int32_t>(place);
}

}  // namespace bg_cuda
