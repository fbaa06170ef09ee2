// The four stages of one case on one open session: each does its work in the worker, times it
// there, and checks what came out against the oracle.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "measure/sampling.hpp"
#include "pipeline/expand.hpp"
#include "receipt/receipt.hpp"
#include "run/workload.hpp"
#include "worker/backend_client.hpp"

namespace bitgate {

/// What the quantized weights turned out to be.
struct QuantizeCheck {
  std::uint64_t mismatches = 0;  ///< codes that the oracle would have chosen otherwise
  // Of the dequantized weights against the f32 source.
  double nmse = 0;
  double cosine = 1;
  double max_abs = 0;
};

/// What the timed outputs turned out to be.
struct OutputCheck {
  std::uint64_t mismatches = 0;
  std::uint64_t checked = 0;  ///< elements
  double max_error = 0;       ///< the largest in units of the bound
  std::string digest;         ///< sha256 of the output for the first set of activations
};

/// A case in progress. Call the stages in order. The session must be open; closing it releases all
/// that the stages made in it.
class Stages {
 public:
  Stages(const Case& what, worker::BackendClient& client, Workload& workload);
  Stages(const Stages&) = delete;  // owns regions of the client's
  Stages& operator=(const Stages&) = delete;

  /// The reason if the backend can't run this case, before anything was made.
  std::optional<std::string> unsupported();

  /// f32 weights: create and write.
  StageResult load();
  /// To the case's format; preparing the compute program, where a backend may repack, counts.
  StageResult quantize();
  /// Reads the quantized weights back in their canonical layout.
  QuantizeCheck check_weights();
  /// As many copies of the weights as the cache setting asks for, to compute with.
  void add_copies();
  /// Times of `repeat` executions each; the copies have to be there.
  std::vector<std::uint64_t> sample(std::uint64_t samples, std::uint64_t repeat);
  /// Timed executions over these copies, with what the device's clock says of them. Throws
  /// std::runtime_error if that can't be true.
  StageResult compute(const Sampling& sampling);
  /// Reads one output back.
  StageResult output();
  /// Every output that the timed executions left, and one more for each set of activations.
  OutputCheck check_outputs();
  /// Kernels of the compute programs with the calls that the backend counted. Throws
  /// std::runtime_error if it counted fewer than were asked for.
  std::vector<KernelCalls> kernels();

  /// Gives back the regions; the session is to be closed by the caller.
  void release();

 private:
  /// One copy of the weights with its output and program.
  struct Slot {
    worker::TensorRef weights;
    worker::TensorRef output;
    std::uint64_t program = 0;
    std::uint64_t executions = 0;
    std::uint64_t variant = 0;  ///< activations of the last execution
  };

  [[nodiscard]] bool quantized() const;
  [[nodiscard]] worker::TensorRef weights_spec() const;
  [[nodiscard]] worker::TensorRef activations_spec() const;
  [[nodiscard]] worker::TensorRef output_spec() const;
  [[nodiscard]] worker::OpSpec quantize_op(worker::TensorRef from, worker::TensorRef to) const;
  [[nodiscard]] worker::OpSpec compute_op(worker::TensorRef weights, worker::TensorRef x,
                                          worker::TensorRef y) const;
  QuantizeCheck check_ternary(const worker::TensorRef& weights, std::span<const std::byte> bytes);
  [[nodiscard]] std::uint64_t slot_count() const;
  void write_activations(std::uint64_t variant);
  std::span<const std::byte> read_output(const Slot& slot);
  const Expected& expected(std::uint64_t variant);
  /// BackendClient::sample, after which the device's clock is held against the host's.
  std::vector<std::uint64_t> run_timed(std::span<const std::uint64_t> programs, std::size_t first,
                                       std::uint64_t samples, std::uint64_t repeat);

  const Case& case_;
  worker::BackendClient& client_;
  Workload& workload_;
  worker::SharedMemory buffer_;  ///< for whatever is read or written, but for the f32 weights
  worker::Region weights_region_;
  worker::Region buffer_region_;
  worker::TensorRef source_;
  worker::TensorRef activations_;
  std::vector<Slot> slots_;
  std::size_t next_slot_ = 0;
  std::uint64_t next_variant_ = 0;
  std::vector<worker::DeviceTime> device_times_;  ///< of all samples of compute so far
  Expected dequantized_;
};

}  // namespace bitgate
