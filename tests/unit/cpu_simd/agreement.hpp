// How the float operations are compared: with the oracle, and bit for bit with each other on every
// implementation and number of threads. Test cases that meet none but kernels on floats have the
// tag [floats]: where two implementations share those, an emulated CPU needs them once.
#pragma once

#include <functional>
#include <optional>

#include "machine.hpp"
#include "model/synthetic.hpp"
#include "oracle/matmul.hpp"
#include "support/catch.hpp"

/// Numbers of any sign, the same for the same seed.
inline std::vector<float> some_values(std::size_t count, std::uint64_t seed) {
  std::vector<float> values(count);
  bitgate::fill_activations(values, seed, 0);
  return values;
}

inline void check_within(const std::vector<float>& got, const bitgate::oracle::Bounded& right) {
  REQUIRE(got.size() == right.value.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i, got[i], right.value[i], right.bound[i]);
    REQUIRE(std::abs(double{got[i]} - right.value[i]) <= right.bound[i]);
  }
}

/// The bytes that `compute` gives on an implementation with so many threads, after all have given
/// the same.
inline Bytes same_everywhere(
    const std::function<Bytes(const cpu_simd::Implementation&, std::size_t threads)>& compute) {
  std::optional<Bytes> first;
  for (const cpu_simd::Implementation* on : usable()) {
    for (const std::size_t threads : {1, 2, 3}) {
      CAPTURE(on->name, threads);
      const Bytes bytes = compute(*on, threads);
      if (!first) first = bytes;
      REQUIRE(bytes == *first);
    }
  }
  return *first;
}
