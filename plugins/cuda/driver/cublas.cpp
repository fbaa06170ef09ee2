#include "driver/cublas.hpp"

#ifdef BITGATE_CUBLAS
#include <cublas_v2.h>
#include <dlfcn.h>

#include <cstdint>
#include <string>

namespace bg_cuda {
namespace {

void check(cublasStatus_t status, const char* call) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  const bool lacks = status == CUBLAS_STATUS_ARCH_MISMATCH || status == CUBLAS_STATUS_NOT_SUPPORTED;
  const bool full = status == CUBLAS_STATUS_ALLOC_FAILED;
  throw bitgate::Error(lacks  ? BG_UNSUPPORTED
                       : full ? BG_OUT_OF_MEMORY
                              : BG_INTERNAL,
                       std::string(call) + ": cuBLAS status " + std::to_string(status));
}

/// Never unloaded: it keeps threads and state of the process's.
void* library() {
  const std::string name = "libcublas.so." + std::to_string(CUBLAS_VER_MAJOR);
  void* const handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return handle;
  throw bitgate::Error(BG_UNAVAILABLE, std::string("float_matmul: cublas: ") + ::dlerror());
}

template <class Function>
Function* symbol(void* library, const char* name) {
  void* const found = ::dlsym(library, name);
  if (found == nullptr) {
    throw bitgate::Error(BG_UNAVAILABLE,
                         std::string("float_matmul: cublas: the library has no ") + name);
  }
  return reinterpret_cast<Function*>(found);
}

cudaDataType type_of(FloatFormat format) {
  switch (format) {
    case FloatFormat::kF16:
      return CUDA_R_16F;
    case FloatFormat::kBF16:
      return CUDA_R_16BF;
    case FloatFormat::kF32:
      break;
  }
  return CUDA_R_32F;
}

class LoadedCublas : public Cublas {
 public:
  explicit LoadedCublas(void* stream) {
    void* const from = library();
    const auto create = symbol<decltype(cublasCreate_v2)>(from, "cublasCreate_v2");
    const auto set_stream = symbol<decltype(cublasSetStream_v2)>(from, "cublasSetStream_v2");
    destroy_ = symbol<decltype(cublasDestroy_v2)>(from, "cublasDestroy_v2");
    multiply_ = symbol<decltype(cublasGemmEx_64)>(from, "cublasGemmEx_64");
    check(create(&handle_), "cublasCreate");
    try {
      check(set_stream(handle_, static_cast<cudaStream_t>(stream)), "cublasSetStream");
    } catch (...) {
      destroy_(handle_);
      throw;
    }
  }
  ~LoadedCublas() override { destroy_(handle_); }

  /// cuBLAS's matrices are columns: what lies here as rows of w is its w transposed, and what it
  /// writes as columns of length `rows` are our rows of y.
  void multiply(const FloatProduct& product) override {
    const float one = 1;
    const float zero = 0;
    const std::int64_t rows = product.rows;
    const std::int64_t cols = product.cols;
    const cudaDataType type = type_of(product.format);
    check(multiply_(handle_, CUBLAS_OP_T, CUBLAS_OP_N, rows, product.batch, cols, &one, product.w,
                    type, cols, product.x, type, cols, &zero, product.y, CUDA_R_32F, rows,
                    CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
          "cublasGemmEx_64");
  }

 private:
  decltype(cublasDestroy_v2)* destroy_ = nullptr;
  decltype(cublasGemmEx_64)* multiply_ = nullptr;
  cublasHandle_t handle_ = nullptr;
};

}  // namespace

std::unique_ptr<Cublas> open_cublas(void* stream) { return std::make_unique<LoadedCublas>(stream); }

}  // namespace bg_cuda
#else
namespace bg_cuda {

std::unique_ptr<Cublas> open_cublas(void*) {
  throw bitgate::Error(BG_UNAVAILABLE,
                       "float_matmul: cublas: this plugin was built without cublas_v2.h");
}

}  // namespace bg_cuda
#endif
