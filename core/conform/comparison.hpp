// Outputs held against what they should be, element by element.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "conform/materials.hpp"
#include "oracle/matmul.hpp"

namespace bitgate::conform {

template <class T>
std::vector<std::byte> to_bytes(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

template <class T>
T element(std::span<const std::byte> bytes, std::size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

/// Rows of `cols`; `right(i, got)` says whether element i may be `got`, `wanted(i)` what it should
/// be.
template <class T, class Right, class Wanted>
Objection compare(std::span<const std::byte> output, std::size_t count, std::uint64_t cols,
                  const Right& right, const Wanted& wanted) {
  Objection first;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const T got = element<T>(output, i);
    if (right(i, got)) continue;
    if (++wrong == 1) {
      first =
          fmt::format("row {}, column {}: expected {}, got {}", i / cols, i % cols, wanted(i), got);
    }
  }
  if (first) *first += fmt::format(" ({} of {} elements differ)", wrong, count);
  return first;
}

template <class T>
Objection compare_exactly(std::span<const std::byte> output, const std::vector<T>& wanted,
                          std::uint64_t cols) {
  return compare<T>(
      output, wanted.size(), cols, [&](std::size_t i, T value) { return value == wanted[i]; },
      [&](std::size_t i) { return wanted[i]; });
}

inline Objection compare_within(std::span<const std::byte> output, const oracle::Bounded& wanted,
                                std::uint64_t cols) {
  return compare<float>(
      output, wanted.value.size(), cols,
      [&](std::size_t i, float value) {
        return std::abs(double{value} - wanted.value[i]) <= wanted.bound[i];
      },
      [&](std::size_t i) {
        return fmt::format("{} within {:.3g}", wanted.value[i], wanted.bound[i]);
      });
}

}  // namespace bitgate::conform
