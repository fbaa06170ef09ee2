// A backend in a worker, as the host uses it: the C ABI's backend interface with handles for
// pointers. Every call throws as Worker::call does.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "worker/device_time.hpp"
#include "worker/shared_memory.hpp"
#include "worker/worker.hpp"

namespace bitgate::worker {

struct DeviceInfo {
  std::string id;
  std::string name;
  unsigned units = 1;
  std::uint64_t memory = 0;
  bool simulated = false;
};

/// A matrix in the worker; `handle` 0: only its description.
struct TensorRef {
  std::string format;
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  std::uint64_t handle = 0;
};

/// The operation says which of them an attribute is.
using AttributeValue = std::variant<std::int64_t, double, std::string>;

struct OpSpec {
  std::string kind;
  std::vector<TensorRef> inputs;
  std::vector<TensorRef> outputs;
  std::map<std::string, AttributeValue> attributes;
};

/// Numbers that go into a tensor of i32 before a step.
struct StepInput {
  TensorRef tensor;
  std::vector<std::int32_t> values;
};

struct StepResult {
  std::uint64_t ns = 0;
  std::vector<std::int32_t> values;  ///< of the tensor that was asked for
};

struct KernelCount {
  std::string name;
  std::uint64_t calls = 0;
};

/// Host memory that a worker can reach.
struct Region {
  std::uint64_t handle = 0;
};

class BackendClient {
 public:
  BackendClient(const PluginFile& plugin, const nlohmann::json& options,
                const WorkerOptions& worker_options);
  /// A worker in which the plugin is open already, or will be.
  explicit BackendClient(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}

  [[nodiscard]] const std::string& build() const { return build_; }
  [[nodiscard]] pid_t process() const { return worker_->process(); }
  /// Ends the worker without asking it.
  void abandon() { worker_->abandon(); }
  /// Hands the worker over; this client is of no more use.
  std::unique_ptr<Worker> release() { return std::move(worker_); }
  /// For requests that only checks make.
  [[nodiscard]] Worker& worker() { return *worker_; }
  std::vector<DeviceInfo> devices();

  /// Opens a session; one that was open is closed with all that it holds.
  void open_session(const std::string& device, unsigned threads);
  void close_session();

  /// Nothing if the open session supports the operation, else the plugin's reason.
  std::optional<std::string> unsupported(const OpSpec& op);

  Region attach(const SharedMemory& memory);
  /// A part of the file, which tensors can be written from and not read into; `ns` receives the
  /// time of reaching it, `fd` stays the caller's.
  Region attach_file(int fd, std::uint64_t offset, std::uint64_t size, std::uint64_t& ns);
  void detach(Region region);

  /// Makes a tensor; `ns` receives the time of it.
  TensorRef create(const TensorRef& description, std::uint64_t& ns);
  void destroy(const TensorRef& tensor);
  /// Whole tensor from or to `size` bytes of a region, `offset` bytes behind its begin; returns the
  /// nanoseconds that it took.
  std::uint64_t write(const TensorRef& tensor, Region region, std::uint64_t size,
                      std::uint64_t offset = 0);
  std::uint64_t read(const TensorRef& tensor, Region region, std::uint64_t size,
                     std::uint64_t offset = 0);

  /// Bytes that operations read of a written tensor in the backend's own layout, if it tells.
  std::optional<std::uint64_t> footprint(const TensorRef& tensor);

  /// A program of bound operations; `ns` receives the time of preparing it.
  std::uint64_t prepare(const std::vector<OpSpec>& ops, std::uint64_t& ns);
  void destroy_program(std::uint64_t program);
  std::vector<KernelCount> kernels(std::uint64_t program);

  /// Has the device's own clock run in the open session, in which nothing was done yet. False if
  /// there is none.
  bool start_device_timer();

  /// Runs the programs in turn, beginning with number `first`: `repeat` executions and a
  /// synchronize in each sample. Timed in the worker, nanoseconds a sample.
  std::vector<std::uint64_t> sample(std::span<const std::uint64_t> programs, std::size_t first,
                                    std::uint64_t samples, std::uint64_t repeat);
  /// What the device's own clock says of each of the samples taken last; empty if it does not run.
  [[nodiscard]] const std::vector<DeviceTime>& device_times() const { return device_times_; }

  /// One execution of a program as an application makes it: numbers in, run, synchronize, and the
  /// tensor `output` of i32 (handle 0: none) out; timed as a whole in the worker.
  StepResult step(std::uint64_t program, std::span<const StepInput> inputs,
                  const TensorRef& output);

  /// Most bytes of memory that the worker's process has held since the last call with `reset`,
  /// which forgets them afterwards.
  std::uint64_t peak_memory(bool reset);

 private:
  std::uint64_t transfer(const char* what, const TensorRef& tensor, Region region,
                         std::uint64_t size, std::uint64_t offset);

  std::string build_;
  std::unique_ptr<Worker> worker_;
  std::vector<DeviceTime> device_times_;
};

}  // namespace bitgate::worker
