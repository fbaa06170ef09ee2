// cuBLAS, NVIDIA's library of float products: looked for on the machine when it is asked for.
#pragma once

#include <memory>

#include "gpu.hpp"

namespace bg_cuda {

class Cublas {
 public:
  virtual ~Cublas() = default;
  /// On the stream; may be captured.
  virtual void multiply(const FloatProduct& product) = 0;
};

/// For this stream (a cudaStream_t) of the current device. Throws bitgate::Error(BG_UNAVAILABLE) if
/// the library is not there, with the loader's words.
std::unique_ptr<Cublas> open_cublas(void* stream);

}  // namespace bg_cuda
