// Attention over Lanes, as floats.hpp. Rows are pairs of a query and a head, all heads of a query
// in turn; they share what a block of the cache is unpacked to: keys turned, so that a vector is 16
// keys and no sum goes across lanes, and values as f32.
#pragma once

#include "kernels/floats.hpp"

namespace cpu_simd {
namespace {

/// R rows of queries times C vectors of keys, turned.
template <int R, int C>
void score_tile(const float* q, size_t width, size_t head_size, const float* keys, float* scores) {
  Lanes sums[R][C];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) sums[r][c] = Lanes::all(0);
  }
  for (size_t d = 0; d < head_size; ++d, keys += kAttentionKeys) {
    Lanes key[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) key[c] = Lanes::load(keys + c * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const Lanes value = Lanes::all(q[r * width + d]);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) sums[r][c] = Lanes::fma(value, key[c], sums[r][c]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) sums[r][c].store(scores + r * kAttentionKeys + c * kLanes);
  }
}

/// R rows of sums, C vectors of each: sums = sums * factor + weights.values.
template <int R, int C>
void value_tile(const float* weights, size_t keys, const float* values, size_t stride, size_t width,
                const float* factors, float* sums) {
  Lanes tile[R][C];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) {
      tile[r][c] = Lanes::load(sums + r * width + c * kLanes) * Lanes::all(factors[r]);
    }
  }
  for (size_t key = 0; key < keys; ++key, values += stride) {
    Lanes value[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) value[c] = Lanes::load(values + c * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const Lanes weight = Lanes::all(weights[r * kAttentionKeys + key]);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) tile[r][c] = Lanes::fma(weight, value[c], tile[r][c]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) tile[r][c].store(sums + r * width + c * kLanes);
  }
}

template <int R>
void score_rows(const float* q, size_t width, size_t head_size, const float* keys, size_t count,
                float* scores) {
  size_t key = 0;
  for (; key + (Lanes::kCols - 1) * kLanes < count; key += Lanes::kCols * kLanes) {
    score_tile<R, Lanes::kCols>(q, width, head_size, keys + key, scores + key);
  }
  for (; key < count; key += kLanes) {
    score_tile<R, 1>(q, width, head_size, keys + key, scores + key);
  }
}

template <int R>
void value_rows(const float* weights, size_t keys, const float* values, size_t stride, size_t width,
                const float* factors, float* sums) {
  size_t column = 0;
  for (; column + Lanes::kCols * kLanes <= width; column += Lanes::kCols * kLanes) {
    value_tile<R, Lanes::kCols>(weights, keys, values + column, stride, width, factors,
                                sums + column);
  }
  for (; column < width; column += kLanes) {
    value_tile<R, 1>(weights, keys, values + column, stride, width, factors, sums + column);
  }
}

template <class Type>
class AttentionOver {
 public:
  explicit AttentionOver(const AttentionTask& task)
      : task_(task),
        rows_(task.queries * task.heads),
        width_(padded_to_lanes(task.head_size)),
        q_(task.scratch),
        sums_(q_ + rows_ * width_),
        keys_(sums_ + rows_ * width_),
        values_(keys_ + kAttentionKeys * width_),
        scores_(values_ + kAttentionKeys * width_),
        largest_(scores_ + rows_ * kAttentionKeys),
        totals_(largest_ + padded_to_lanes(rows_)),
        factors_(totals_ + padded_to_lanes(rows_)),
        seen_(reinterpret_cast<uint32_t*>(factors_ + padded_to_lanes(rows_))) {}

  void run() {
    begin();
    size_t last = 0;
    for (size_t i = 0; i < task_.queries; ++i) {
      const auto position = static_cast<size_t>(task_.positions[i]);
      last = position > last ? position : last;
    }
    if (task_.part != nullptr) last = least(last, task_.end - 1);
    fetch_first(least(kAttentionKeys, last + 1 - task_.first));
    for (first_ = task_.first; first_ <= last; first_ += kAttentionKeys) {
      count_ = least(kAttentionKeys, last + 1 - first_);
      after_ = least(kAttentionKeys, last - first_ + 1 - count_);
      look();
      score_block();
      unpack_values();
      soften();
      for_tiles([&](size_t row, auto rows) { weigh<decltype(rows)::kCount>(row); });
    }
    task_.part == nullptr ? end() : leave();
  }

 private:
  using Element = typename Type::Element;

  template <int N>
  struct Rows {
    static constexpr int kCount = N;
  };

  template <class Tile>
  void for_tiles(const Tile& tile) {
    size_t row = 0;
    for (; row + Lanes::kRows <= rows_; row += Lanes::kRows) tile(row, Rows<Lanes::kRows>{});
    if constexpr (Lanes::kRows > 4) {
      for (; row + 4 <= rows_; row += 4) tile(row, Rows<4>{});
    }
    for (; row < rows_; ++row) tile(row, Rows<1>{});
  }

  /// Queries times the root and the base of exponents, and empty sums.
  void begin() {
    const float root = square_root(static_cast<float>(task_.head_size));
    const Lanes scale = Lanes::all(0x1.715476p0F / root);  // log2(e)
    for (size_t row = 0; row < rows_; ++row) {
      const float* from =
          task_.q + row / task_.heads * task_.row_stride + row % task_.heads * task_.head_size;
      for_lanes(task_.head_size, [&](size_t i, size_t n) {
        (Lanes::load(from + i, n) * scale).store(q_ + row * width_ + i);
      });
    }
    for_lanes(rows_ * width_, [&](size_t i, size_t) { Lanes::all(0).store(sums_ + i); });
    for_lanes(rows_, [&](size_t i, size_t) {
      Lanes::all(-__builtin_inff()).store(largest_ + i);
      Lanes::all(0).store(totals_ + i);
    });
  }

  /// 16 rows of the next block, at a column: a head's part of each row is too short for memory to
  /// foresee the next one, so it is asked for while this block is computed with.
  void fetch(const Element* rows, size_t key, size_t column) const {
    for (size_t i = key; i < key + kLanes && i < after_; ++i) {
      __builtin_prefetch(rows + (first_ + kAttentionKeys + i) * task_.cache_stride + column, 0, 2);
    }
  }

  /// The first block, which no block before it asks for.
  void fetch_first(size_t keys) const {
    constexpr size_t kLine = 64 / sizeof(Element);
    for (size_t key = task_.first; key < task_.first + keys; ++key) {
      for (size_t column = 0; column < task_.head_size; column += kLine) {
        const size_t at = key * task_.cache_stride + column;
        __builtin_prefetch(static_cast<const Element*>(task_.keys) + at, 0, 2);
        __builtin_prefetch(static_cast<const Element*>(task_.values) + at, 0, 2);
      }
    }
  }

  /// 16 keys of the block at a column, turned: rows[i] is column + i of all of them.
  void turn(size_t key, size_t column, size_t n, Lanes (&rows)[kLanes]) const {
    const auto* keys = static_cast<const Element*>(task_.keys);
    fetch(keys, key, column);
    fetch(static_cast<const Element*>(task_.values), key, column);
    const Element* from = keys + (first_ + key) * task_.cache_stride + column;
    for (size_t i = 0; i < kLanes; ++i, from += task_.cache_stride) {
      rows[i] = key + i < count_ ? Type::load(from, n) : Lanes::all(0);
    }
    Lanes::transpose(rows);
  }

  /// Few rows take the keys as they are turned, many from memory.
  void score_block() {
    switch (rows_) {
      case 1:
        return score_few<1>();
      case 2:
        return score_few<2>();
      case 3:
        return score_few<3>();
      case 4:
        return score_few<4>();
      default:
        unpack_keys();
        for_tiles([&](size_t row, auto rows) { score<decltype(rows)::kCount>(row); });
    }
  }

  template <int R>
  void score_few() {
    for (size_t key = 0; key < count_; key += kLanes) {
      Lanes sums[R];
      for (Lanes& sum : sums) sum = Lanes::all(0);
      for_lanes(task_.head_size, [&](size_t column, size_t n) {
        Lanes rows[kLanes];
        turn(key, column, n, rows);
#pragma GCC unroll 16
        for (size_t i = 0; i < n; ++i) {
#pragma GCC unroll 4
          for (int r = 0; r < R; ++r) {
            sums[r] = Lanes::fma(Lanes::all(q_[r * width_ + column + i]), rows[i], sums[r]);
          }
        }
      });
      for (int r = 0; r < R; ++r) sums[r].store(scores_ + r * kAttentionKeys + key);
    }
  }

  /// All keys of some columns before the next columns: what is written lies together.
  void unpack_keys() {
    for_lanes(task_.head_size, [&](size_t column, size_t n) {
      for (size_t key = 0; key < count_; key += kLanes) {
        Lanes rows[kLanes];
        turn(key, column, n, rows);
        for (size_t i = 0; i < n; ++i) rows[i].store(keys_ + (column + i) * kAttentionKeys + key);
      }
    });
  }

  /// Values in f32 are used where they are, unless a head ends within a vector.
  void unpack_values() {
    const auto* values = static_cast<const Element*>(task_.values);
    if constexpr (sizeof(Element) == sizeof(float)) {
      if (task_.head_size == width_) {
        seen_values_ = values + first_ * task_.cache_stride;
        stride_ = task_.cache_stride;
        return;
      }
    }
    seen_values_ = values_;
    stride_ = width_;
    for (size_t key = 0; key < count_; ++key) {
      const auto* from = values + (first_ + key) * task_.cache_stride;
      for_lanes(task_.head_size, [&](size_t column, size_t n) {
        Type::load(from + column, n).store(values_ + key * width_ + column);
      });
    }
  }

  /// How many keys of the block each row sees.
  void look() {
    uint32_t* seen = seen_;
    for (size_t query = 0; query < task_.queries; ++query) {
      const auto end = static_cast<size_t>(task_.positions[query]) + 1;
      const auto keys = static_cast<uint32_t>(end <= first_ ? 0 : least(end - first_, count_));
      for (size_t head = 0; head < task_.heads; ++head) *seen++ = keys;
    }
  }

  template <int R>
  void score(size_t row) {
    size_t most = 0;
    for (size_t r = row; r < row + R; ++r) most = seen_[r] > most ? seen_[r] : most;
    if (most == 0) return;
    score_rows<R>(q_ + row * width_, width_, task_.head_size, keys_, most,
                  scores_ + row * kAttentionKeys);
  }

  /// Scores to weights.
  void soften() {
    for (size_t row = 0; row < rows_; ++row) {
      const size_t keys = seen_[row];
      float* scores = scores_ + row * kAttentionKeys;
      for (size_t key = keys; key < padded_to_lanes(keys); ++key) scores[key] = -__builtin_inff();
      Lanes largest = Lanes::all(largest_[row]);
      for (size_t key = 0; key < keys; key += kLanes) {
        largest = Lanes::max(Lanes::load(scores + key), largest);
      }
      factors_[row] = largest_[row];
      largest_[row] = largest.largest();
    }
    for_lanes(rows_, [&](size_t i, size_t) {
      const Lanes factor = power_of_two(Lanes::load(factors_ + i) - Lanes::load(largest_ + i));
      factor.store(factors_ + i);
      (Lanes::load(totals_ + i) * factor).store(totals_ + i);
    });
    for (size_t row = 0; row < rows_; ++row) {
      float* scores = scores_ + row * kAttentionKeys;
      const Lanes largest = Lanes::all(largest_[row]);
      Lanes total = Lanes::all(0);
      for (size_t key = 0; key < seen_[row]; key += kLanes) {
        const Lanes weight = power_of_two(Lanes::load(scores + key) - largest);
        weight.store(scores + key);
        total = total + weight;
      }
      totals_[row] += total.sum();
    }
  }

  /// Adds the values times their weights. Rows of the cache that a query does not see are not
  /// touched for it: nothing times a weight of 0 need be 0.
  template <int R>
  void weigh(size_t row) {
    size_t common = count_;
    for (size_t r = row; r < row + R; ++r) common = least(common, seen_[r]);
    const float* weights = scores_ + row * kAttentionKeys;
    value_rows<R>(weights, common, seen_values_, stride_, width_, factors_ + row,
                  sums_ + row * width_);
    if constexpr (R > 1) {
      const float one = 1;
      for (size_t r = 0; r < R; ++r) {
        const size_t more = seen_[row + r] - common;
        if (more == 0) continue;
        value_rows<1>(weights + r * kAttentionKeys + common, more, seen_values_ + common * stride_,
                      stride_, width_, &one, sums_ + (row + r) * width_);
      }
    }
  }

  void end() const {
    for (size_t row = 0; row < rows_; ++row) {
      float* to =
          task_.y + row / task_.heads * task_.row_stride + row % task_.heads * task_.head_size;
      const Lanes factor = Lanes::all(1.0F / totals_[row]);
      for_lanes(task_.head_size, [&](size_t i, size_t n) {
        (Lanes::load(sums_ + row * width_ + i) * factor).store(to + i, n);
      });
    }
  }

  void leave() const {
    const size_t padded = padded_to_lanes(rows_);
    for_lanes(rows_ * width_,
              [&](size_t i, size_t) { Lanes::load(sums_ + i).store(task_.part + i); });
    float* const largest = task_.part + rows_ * width_;
    for_lanes(rows_, [&](size_t i, size_t) {
      Lanes::load(largest_ + i).store(largest + i);
      Lanes::load(totals_ + i).store(largest + padded + i);
    });
  }

  const AttentionTask& task_;
  size_t rows_;
  size_t width_;
  float* q_;       // [rows][width]
  float* sums_;    // [rows][width]
  float* keys_;    // [head_size][kAttentionKeys]
  float* values_;  // [kAttentionKeys][width]
  float* scores_;  // [rows][kAttentionKeys]
  float* largest_;
  float* totals_;
  float* factors_;
  uint32_t* seen_;
  size_t first_ = 0;                    // row of the cache with which the block begins
  size_t count_ = 0;                    // of its rows
  size_t after_ = 0;                    // rows of the block after it
  const float* seen_values_ = nullptr;  // of the block
  size_t stride_ = 0;                   // floats from one key's to the next one's
};

template <class Type>
void attention(const AttentionTask& task) {
  AttentionOver<Type>(task).run();
}

inline void merge_attention(const float* parts, size_t count, size_t heads, size_t head_size,
                            float* y) {
  const size_t width = padded_to_lanes(head_size);
  const size_t padded = padded_to_lanes(heads);
  const size_t stride = attention_part(heads, head_size);
  for (size_t head = 0; head < heads; ++head, y += head_size) {
    const float* const largest = parts + heads * width + head;
    float most = largest[0];
    for (size_t i = 1; i < count; ++i) {
      most = largest[i * stride] > most ? largest[i * stride] : most;
    }
    const auto factor = [&](size_t i) {
      return power_of_two(Lanes::all(largest[i * stride]) - Lanes::all(most));
    };
    Lanes total = Lanes::all(0);
    for (size_t i = 0; i < count; ++i) {
      total = Lanes::fma(Lanes::all(largest[i * stride + padded]), factor(i), total);
    }
    for_lanes(head_size, [&](size_t column, size_t n) {
      Lanes sum = Lanes::all(0);
      for (size_t i = 0; i < count; ++i) {
        const float* sums = parts + i * stride + head * width + column;
        sum = Lanes::fma(Lanes::load(sums), factor(i), sum);
      }
      (sum / total).store(y + column, n);
    });
  }
}

/// The table of this instruction set.
constexpr FloatKernels floats(const char* isa) {
  return {isa,
          mixed_matmul<F32>,
          mixed_matmul<F16>,
          mixed_matmul<BF16>,
          scale_sums,
          rms_norm,
          rope,
          relu2_gate,
          silu_gate,
          add,
          argmax,
          attention<F32>,
          attention<F16>,
          merge_attention};
}

}  // namespace
}  // namespace cpu_simd
