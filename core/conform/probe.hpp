// Runs cases on an open backend.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conform/materials.hpp"
#include "conform/numeric_case.hpp"
#include "worker/backend_client.hpp"
#include "worker/shared_memory.hpp"

namespace bitgate::conform {

/// Transfers go through one region of host memory, with guard bytes before and behind every tensor.
class Probe {
 public:
  /// The client has a session of one thread on the device.
  Probe(worker::BackendClient& client, std::string device)
      : client_(client), device_(std::move(device)) {}

  [[nodiscard]] worker::BackendClient& client() { return client_; }
  /// A session with this many threads, unless it is open already. A new one forgets all tensors.
  void session(unsigned threads);

  /// Why the backend does not do this case, or nothing if it does.
  std::optional<std::string> unsupported(const NumericCase& what);

  worker::TensorRef create(const worker::TensorRef& description);
  void write(const worker::TensorRef& tensor, std::span<const std::byte> bytes);
  std::vector<std::byte> read(const worker::TensorRef& tensor);
  /// What the plugin did to memory round the bytes that it was given; nothing if it left it alone.
  [[nodiscard]] const Objection& trespass() const { return trespass_; }

  /// A case's operation on tensors of its own, the inputs written.
  struct Bound {
    worker::OpSpec op;
    std::uint64_t program = 0;
    std::optional<std::size_t> in_place;  ///< the input that is the output, too
  };
  Bound bind(const Materials& materials, std::optional<std::size_t> in_place = {});
  void release(const Bound& bound);
  /// Stales the outputs unless they are inputs, runs, synchronizes, and reads them, one behind the
  /// other.
  std::vector<std::byte> run(const Bound& bound, const Materials& materials,
                             std::uint64_t repeat = 1);

 private:
  std::span<std::byte> room(std::uint64_t size);
  void look_for_trespass(std::uint64_t size, const char* step);

  worker::BackendClient& client_;
  std::string device_;
  unsigned threads_ = 1;
  worker::SharedMemory memory_;
  std::optional<worker::Region> region_;
  Objection trespass_;
};

}  // namespace bitgate::conform
