// The inputs of a case and what must come out of it: made by the host, held against every backend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "oracle/codec.hpp"
#include "pipeline/expand.hpp"
#include "worker/shared_memory.hpp"

namespace bitgate {

/// Independent sets of activations of one case; timed groups of samples alternate between them.
inline constexpr std::uint64_t kVariants = 2;

/// Output elements that an oracle product allows: for integers `bound` is empty and values are
/// exact.
struct Expected {
  std::vector<std::int32_t> exact;
  std::vector<double> value;
  std::vector<double> bound;
};

/// Weights of one shape, with the oracle's view of them. Expensive parts are made when first asked
/// for and kept, since cases of one shape follow each other.
class Workload {
 public:
  Workload(const SuiteSpec& suite, Shape shape);

  [[nodiscard]] bool serves(const SuiteSpec& suite, Shape shape) const {
    return suite.values == values_ && suite.seed == seed_ && suite.rounding == rounding_ &&
           shape == shape_;
  }

  /// rows x cols f32, shared with workers.
  [[nodiscard]] const worker::SharedMemory& weights() const { return weights_; }
  [[nodiscard]] std::span<const float> weight_values() const;

  /// Canonical bytes of the weights in f32, f16 or bf16.
  [[nodiscard]] std::span<const std::byte> float_weights(const std::string& format);

  /// The oracle's quantization of the weights.
  const oracle::Ternary& ternary();

  /// Canonical bytes of the activations [batch, cols] for weights of this format.
  [[nodiscard]] std::vector<std::byte> activations(const std::string& format, std::uint64_t batch,
                                                   std::uint64_t variant) const;

  /// What matmul of weights in `format` with these activations gives, [batch, rows].
  const Expected& matmul(const std::string& format, std::uint64_t batch, std::uint64_t variant);

 private:
  Shape shape_;
  Values values_;
  oracle::Rounding rounding_;
  std::uint64_t seed_;
  worker::SharedMemory weights_;
  std::unique_ptr<oracle::Ternary> ternary_;
  std::map<std::string, std::vector<std::byte>> float_weights_;
  /// By format (all ternary ones together), batch, variant.
  std::map<std::tuple<std::string, std::uint64_t, std::uint64_t>, Expected> products_;
};

/// Of the activations that go with weights of a format: i8 for ternary ones, else the same.
std::string_view activations_format(std::string_view format);

/// The values of canonical bytes in f32, f16 or bf16.
std::vector<float> float_values(std::string_view format, std::span<const std::byte> bytes);

/// How many output elements disagree with what is expected; a NaN always does.
std::uint64_t mismatches(std::span<const std::byte> output, const Expected& expected);

/// The largest error of an output element in units of its bound, 0 for integers. An error where the
/// bound is 0 is infinite, a NaN NaN.
double max_error(std::span<const std::byte> output, const Expected& expected);

}  // namespace bitgate
