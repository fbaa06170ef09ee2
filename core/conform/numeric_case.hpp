// One numeric case: an operation on one shape and one kind of values, fixed by words and a seed, so
// that anybody can run it again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace bitgate::conform {

struct NumericCase {
  std::string op;      ///< "matmul", "dequantize", "quantize/absmean", …: kind and rounding
  std::string format;  ///< of the weights, or of what is quantized to
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  std::uint64_t batch = 1;             ///< of matmul; 1 otherwise
  std::string weights = "random";      ///< see weight_patterns
  std::string activations = "random";  ///< see activation_patterns
  unsigned threads = 1;
  std::uint64_t seed = 1;

  bool operator==(const NumericCase&) const = default;
};

/// "matmul i2_s 3x256 batch 2, weights random, activations plus-127, 1 thread, seed 1"
std::string text_of(const NumericCase& what);

/// All that it takes to run one case again.
struct Repro {
  std::string check;   ///< "numeric.matmul"
  std::string plugin;  ///< path
  std::string device;
  nlohmann::json options = nlohmann::json::object();
  NumericCase what;
};

/// One word for command lines: the fields in order, joined by ":", everything but letters, digits
/// and
/// "_./-" as "%XX".
std::string token_of(const Repro& repro);

/// Throws std::invalid_argument with a sentence for people.
Repro parse_token(std::string_view token);

}  // namespace bitgate::conform
