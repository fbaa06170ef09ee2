// A GPU as the rest of this plugin sees it: memory, kernels by name, an in-order queue. The real
// one is driver/cuda_gpu.cu; tests have one that computes on the CPU.
#pragma once

#include <bitgate/backend.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace bg_cuda {

/// Blocks of a grid, or threads of a block.
struct Extent2 {
  std::uint32_t x = 1;
  std::uint32_t y = 1;
};

/// An argument of a kernel: where its value lies, and its size.
struct Argument {
  const void* value;
  std::size_t size;
};

/// A kernel of Gpu::kernel with what it is started with.
struct Launch {
  const void* kernel;
  Extent2 grid;
  Extent2 block;
  std::vector<Argument> arguments;
};

enum class FloatFormat { kF32, kF16, kBF16 };

/// A library's product y = x w^T, all in rows: w rows x cols, x batch x cols, both of this format;
/// y batch x rows, f32.
struct FloatProduct {
  FloatFormat format;
  const void* w;
  const void* x;
  float* y;
  std::uint32_t batch;
  std::uint32_t rows;
  std::uint32_t cols;
};

using Step = std::variant<Launch, FloatProduct>;

/// Steps that are started as one, in their order.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void replay() = 0;
};

/// All of it throws bitgate::Error with the driver's words.
class Gpu {
 public:
  virtual ~Gpu() = default;

  /// Zeros. Released by the same GPU, before it goes.
  virtual void* allocate(std::size_t size) = 0;
  virtual void release(void* memory) noexcept = 0;
  /// Complete when they return.
  virtual void upload(void* to, const void* from, std::size_t size) = 0;
  virtual void download(void* to, const void* from, std::size_t size) = 0;

  /// The kernel of this name in kernels/list.hpp.
  virtual const void* kernel(const std::string& name) = 0;
  /// With the values that their arguments have now. The recording goes before the GPU does.
  virtual std::unique_ptr<Recording> record(std::span<const Step> steps) = 0;
  virtual void synchronize() = 0;

  /// Whether it was opened with a library of float products.
  [[nodiscard]] virtual bool has_float_products() const = 0;
  /// Whether its tensor cores multiply tiles of 16 x 32 and 32 x 8 bytes (kernels/ternary_mma.hpp).
  [[nodiscard]] virtual bool multiplies_tiles() const = 0;

  /// Notes the device's time when all that was launched before is done; at most one `begin` and one
  /// `end` count, the last ones.
  virtual void note_begin() = 0;
  virtual void note_end() = 0;
  /// Between the two, after `synchronize`.
  virtual std::uint64_t noted_ns() = 0;
};

/// Owns memory of a GPU.
class Memory {
 public:
  Memory() = default;
  Memory(Gpu& gpu, std::size_t size) : gpu_(&gpu), data_(gpu.allocate(size)) {}
  Memory(Memory&& other) noexcept : gpu_(other.gpu_), data_(std::exchange(other.data_, nullptr)) {}
  Memory& operator=(Memory&& other) noexcept {
    std::swap(gpu_, other.gpu_);
    std::swap(data_, other.data_);
    return *this;
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() {
    if (data_ != nullptr) gpu_->release(data_);
  }

  template <class T>
  [[nodiscard]] T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  Gpu* gpu_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace bg_cuda
