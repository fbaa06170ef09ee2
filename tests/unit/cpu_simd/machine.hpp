// What the tests of cpu_simd have in common: the implementations that this machine can run, and
// tensors on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operations.hpp"
#include "oracle/codec.hpp"
#include "registry.hpp"
#include "tensor.hpp"
#include "thread_team.hpp"

using Bytes = std::vector<std::byte>;

/// Those of cpu_simd::implementations() that run here; scalar is always among them.
std::vector<const cpu_simd::Implementation*> usable();

/// A tensor of an implementation.
class TestTensor {
 public:
  TestTensor(const cpu_simd::Implementation& on, std::string format, std::uint64_t rows,
             std::uint64_t cols);

  void write(const Bytes& bytes, std::size_t threads = 1);
  [[nodiscard]] Bytes read() const;
  [[nodiscard]] bitgate::Operand operand() const;

 private:
  std::string format_;
  bitgate::TensorDesc desc_;
  std::unique_ptr<cpu_simd::CpuTensor> tensor_;
};

/// Runs one operation and returns the names of its kernels. Throws std::logic_error with the reason
/// if it is not supported.
std::vector<std::string> run(const cpu_simd::Implementation& on, std::string_view kind,
                             const std::vector<const TestTensor*>& inputs,
                             const std::vector<const TestTensor*>& outputs,
                             const std::vector<bg_attribute>& attributes, std::size_t threads);
std::vector<std::string> run(const cpu_simd::Implementation& on, std::string_view kind,
                             const std::vector<const TestTensor*>& inputs, const TestTensor& output,
                             std::string_view rounding = {}, std::size_t threads = 1);

bg_attribute integer(std::string_view name, std::int64_t value);
bg_attribute real(std::string_view name, double value);

/// Weights in which every permutation of places shows: a different run of codes in every row.
bitgate::oracle::Ternary position_coded(std::uint64_t rows, std::uint64_t cols);

/// A shape that `format` holds, with rows and columns no smaller than these.
struct Shape {
  std::uint64_t rows;
  std::uint64_t cols;
};
Shape fitted(std::string_view format, std::uint64_t rows, std::uint64_t cols);

template <class T>
Bytes bytes_of(const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

template <class T>
std::vector<T> values_of(const Bytes& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::copy(bytes.begin(), bytes.end(), std::as_writable_bytes(std::span(values)).begin());
  return values;
}
