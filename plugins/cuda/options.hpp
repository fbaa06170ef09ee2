// The options of the plugin and what it says of itself; on a simulated GPU it says the same.
#pragma once

#include <bitgate/plugin.hpp>

#include <string_view>

namespace bg_cuda {

inline constexpr std::string_view kDescribed =
    R"({"title": "CUDA kernels for ternary, f32, f16 and bf16 weights", "driver_threads": true, "options": {)"
    R"("type": "object", "additionalProperties": false, "properties": {)"
    R"("float_matmul": {"type": "string", "enum": ["own", "cublas"], "description": "whose kernels multiply f32, f16 and )"
    R"(bf16 weights with activations of the same format: own (default), or cublas, NVIDIA's library"}}}})";

struct Options {
  bool cublas = false;  ///< float products by it

  /// Throws bitgate::Error(BG_INVALID_ARGUMENT).
  static Options parse(std::string_view text);
};

}  // namespace bg_cuda
