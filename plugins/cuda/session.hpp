// A session on a GPU, whichever it is.
#pragma once

#include <bitgate/backend.hpp>

#include <memory>
#include <utility>

#include "gpu.hpp"
#include "operations.hpp"
#include "program.hpp"
#include "tensor.hpp"

namespace bg_cuda {

class CudaSession : public bitgate::Session {
 public:
  explicit CudaSession(std::unique_ptr<Gpu> gpu) : gpu_(std::move(gpu)) {}

  bitgate::Support supports(const bitgate::Op& op) const override { return bg_cuda::supports(op); }
  bitgate::TensorPtr create(const bitgate::TensorDesc& desc) override {
    return std::make_unique<CudaTensor>(desc, *gpu_);
  }
  void write(bitgate::Tensor& tensor, bitgate::ConstBytes bytes) override {
    static_cast<CudaTensor&>(tensor).write(bytes);
  }
  void read(const bitgate::Tensor& tensor, bitgate::Bytes bytes) override {
    static_cast<const CudaTensor&>(tensor).read(bytes);
  }
  bitgate::ProgramPtr prepare(std::span<const bitgate::Op> ops) override {
    auto program = std::make_unique<CudaProgram>(*gpu_);
    for (const bitgate::Op& op : ops) add_operation(op, *program);
    program->record();
    gpu_->synchronize();
    return program;
  }
  void run(bitgate::Program& program, std::uint32_t repeat, const bitgate::RunArgs&) override {
    if (timed_ && !running_) gpu_->note_begin();
    running_ = true;
    for (std::uint32_t i = 0; i < repeat; ++i) static_cast<CudaProgram&>(program).run();
    if (timed_) gpu_->note_end();
  }
  void synchronize() override {
    gpu_->synchronize();
    running_ = false;
  }

  void start_timer() override {
    gpu_->note_begin();
    gpu_->note_end();
    timed_ = true;
  }
  bitgate::DeviceTimes device_times() override { return {{}, {}, gpu_->noted_ns()}; }

 private:
  std::unique_ptr<Gpu> gpu_;
  bool timed_ = false;
  bool running_ = false;  ///< since the last synchronize
};

}  // namespace bg_cuda
