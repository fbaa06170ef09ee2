// bitgate/host_session.hpp - for backends that compute in host memory: storage for tensors and
// programs made of functions. Such a backend writes `supports`, `prepare` and its kernels, and
// nothing else.
//
//   class MySession : public bitgate::HostSession { supports … prepare … };
#pragma once

#include <bitgate/backend.hpp>

#include <functional>
#include <utility>

namespace bitgate {

/// A tensor in the canonical layout of its format, zero until written.
class HostTensor : public Tensor {
 public:
  /// Throws Error(BG_UNSUPPORTED) if the format is unknown or can't hold the shape.
  explicit HostTensor(const TensorDesc& desc) : rows_(desc.rows()), cols_(desc.cols()) {
    const auto bytes = size(desc);
    if (!bytes) throw Error(BG_UNSUPPORTED, misfit(desc));
    bytes_.resize(*bytes);
  }

  /// Bytes of such a tensor, or nothing if the format is unknown or can't hold the shape.
  static std::optional<std::uint64_t> size(const TensorDesc& desc) {
    if (desc.rank > 2) return std::nullopt;
    return formats::byte_size(desc.format, desc.rows(), desc.cols());
  }
  /// Why there is no such tensor.
  static std::string misfit(const TensorDesc& desc) {
    return std::string(desc.format) + " can't hold " + std::to_string(desc.rows()) + "x" +
           std::to_string(desc.cols());
  }

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint64_t cols() const { return cols_; }
  [[nodiscard]] std::span<std::byte> bytes() { return bytes_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

  /// The elements from byte `offset` on. T is what the format keeps there.
  template <class T>
  [[nodiscard]] T* data(std::size_t offset = 0) {
    return reinterpret_cast<T*>(bytes_.data() + offset);
  }

 private:
  std::uint64_t rows_;
  std::uint64_t cols_;
  std::vector<std::byte> bytes_;  // operator new's alignment fits every element type
};

/// Steps that run in the order in which they were added, each counted under its kernel's name.
class HostProgram : public Program {
 public:
  /// `step` runs the kernel once. What it refers to must outlive the program, as tensors do.
  void add(std::string kernel, std::function<void()> step) {
    steps_.push_back(std::move(step));
    kernels_.push_back({std::move(kernel), 0});
  }

  void run() {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      steps_[i]();
      ++kernels_[i].calls;
    }
  }

  [[nodiscard]] std::span<const Kernel> kernels() const override { return kernels_; }

 private:
  std::vector<std::function<void()>> steps_;
  std::vector<Kernel> kernels_;
};

/// A session of HostTensors and HostPrograms. `run` computes before it returns.
class HostSession : public Session {
 public:
  [[nodiscard]] TensorPtr create(const TensorDesc& desc) override {
    return std::make_unique<HostTensor>(desc);
  }
  void write(Tensor& tensor, ConstBytes bytes) override {
    std::memcpy(static_cast<HostTensor&>(tensor).bytes().data(), bytes.data(), bytes.size());
  }
  void read(const Tensor& tensor, Bytes bytes) override {
    std::memcpy(bytes.data(), static_cast<const HostTensor&>(tensor).bytes().data(), bytes.size());
  }
  void run(Program& program, std::uint32_t repeat, const RunArgs&) override {
    for (std::uint32_t i = 0; i < repeat; ++i) static_cast<HostProgram&>(program).run();
  }

 protected:
  /// Whether the format of each operand can hold its shape, as `create` requires.
  static Support storable(const Op& op) {
    for (const auto* operands : {&op.inputs, &op.outputs}) {
      for (const auto& [desc, none] : *operands) {
        if (!HostTensor::size(desc)) return Support::no(HostTensor::misfit(desc));
      }
    }
    return Support::yes();
  }

  /// The tensor of an operand; only in `prepare`, where there is one.
  static HostTensor& tensor(const Operand& operand) {
    return static_cast<HostTensor&>(*operand.tensor);
  }
};

}  // namespace bitgate
