#include "session.hpp"

#include <map>
#include <memory>
#include <tuple>

#include "clock.hpp"
#include "driver_guard.hpp"
#include "operations.hpp"
#include "program.hpp"
#include "tensor.hpp"

namespace opencl {
namespace {

using bitgate::Op;

class ClSession : public bitgate::Session {
 public:
  ClSession(Engine& engine, bool blas) : engine_(engine), blas_(blas) { open_queue(0); }

  bitgate::Support supports(const Op& op) const override { return opencl::supports(op, engine_); }

  bitgate::TensorPtr create(const bitgate::TensorDesc& desc) override {
    return std::make_unique<ClTensor>(desc, engine_, queue_.get());
  }
  void write(bitgate::Tensor& tensor, bitgate::ConstBytes bytes) override {
    static_cast<ClTensor&>(tensor).write(bytes);
  }
  void read(const bitgate::Tensor& tensor, bitgate::Bytes bytes) override {
    static_cast<const ClTensor&>(tensor).read(bytes);
  }
  bitgate::ProgramPtr prepare(std::span<const Op> ops) override {
    const DriverGuard guard;
    auto program = std::make_unique<ClProgram>(engine_, queue_.get(), clock_);
    for (const Op& op : ops) add_operation(op, blas_, *program);
    return program;
  }
  void run(bitgate::Program& program, std::uint32_t repeat, const bitgate::RunArgs&) override {
    for (std::uint32_t i = 0; i < repeat; ++i) static_cast<ClProgram&>(program).run();
    check(clFlush(queue_.get()), "clFlush");
  }
  void synchronize() override {
    check(clFinish(queue_.get()), "clFinish");
    clock_.end();
  }

  void start_timer() override {
    open_queue(CL_QUEUE_PROFILING_ENABLE);
    clock_.start();
  }
  bitgate::DeviceTimes device_times() override { return clock_.times(); }

 private:
  void open_queue(cl_command_queue_properties properties) {
    cl_int status = CL_SUCCESS;
    queue_ = Queue(clCreateCommandQueue(engine_.context(), engine_.device(), properties, &status));
    check(status, "clCreateCommandQueue");
  }

  Engine& engine_;
  bool blas_;
  Queue queue_;
  Clock clock_;
};

/// Kept to the end of the process, and by nobody freed then: a driver may be gone before this
/// library is, and some do not give back all that a context took.
Engine& engine_of(const FoundDevice& device, unsigned units, const Cut& cut) {
  using Key = std::tuple<cl_device_id, unsigned, bool>;
  static auto& engines = *new std::map<Key, std::unique_ptr<Engine>>;
  std::unique_ptr<Engine>& engine = engines[{device.handle, units, cut.wide}];
  if (engine == nullptr) {
    engine = std::make_unique<Engine>(device, units, cut);
  }
  return *engine;
}

}  // namespace

bitgate::SessionPtr open_session(const FoundDevice& device, unsigned units, const Cut& cut,
                                 bool blas) {
  const DriverGuard guard;
  return std::make_unique<ClSession>(engine_of(device, units, cut), blas);
}

}  // namespace opencl
