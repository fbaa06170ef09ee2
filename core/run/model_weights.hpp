// The weights of a model on a device: loaded as they are stored, then brought into a case's format.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/model.hpp"
#include "receipt/receipt.hpp"
#include "run/stages.hpp"
#include "worker/backend_client.hpp"

namespace bitgate {

/// Call load, quantize and check in this order, in an open session, which owns what they make.
class ModelWeights {
 public:
  ModelWeights(const model::Model& model, std::string format, worker::BackendClient& client);
  ModelWeights(const ModelWeights&) = delete;  // owns a region of the client's
  ModelWeights& operator=(const ModelWeights&) = delete;

  /// The reason if the backend can't bring the weights into the format, before anything is made.
  std::optional<std::string> unsupported();

  /// Makes every weight's tensor and writes it, the largest first, from the model's file itself
  /// where the bytes lie there as they are. A sample begins without any.
  StageResult load();

  /// Runs what load left to do: absmean of master weights, or another layout of ternary ones. What
  /// it takes besides (`also_ns`, once a sample) is part of the stage.
  StageResult quantize(const std::function<std::uint64_t()>& also_ns);

  /// Every matrix, read back, against what the oracle makes of the stored one.
  QuantizeCheck check();

  /// By the names of weights_of, after quantize.
  [[nodiscard]] const worker::TensorRef& at(const std::string& name) const {
    return weights_.at(name);
  }
  /// Format of the embedding on the device.
  [[nodiscard]] std::string embedding_format() const;
  /// Bytes of all weights as stored, and of those on the device, in their formats.
  [[nodiscard]] std::uint64_t stored_bytes() const;
  [[nodiscard]] std::uint64_t device_bytes() const;
  /// Those that the backend reads of them in its own layouts, after quantize; nothing if it does
  /// not tell.
  [[nodiscard]] std::optional<std::uint64_t> resident_bytes() const;

  /// Gives back the region; the session is to be closed by the caller.
  void release();

 private:
  /// A matrix or norm that has to be converted, with the operations that do it.
  struct Conversion {
    std::size_t weight;
    worker::TensorRef to;
    std::uint64_t program = 0;
  };

  [[nodiscard]] std::string target_format(const model::StoredWeight& weight) const;
  [[nodiscard]] bool is_converted(std::size_t weight) const;
  std::uint64_t load_one(std::size_t weight);
  std::uint64_t write_made(std::size_t weight);
  std::vector<worker::OpSpec> conversion(std::size_t weight, const worker::TensorRef& from,
                                         const worker::TensorRef& to);
  worker::TensorRef scratch(const std::string& format, const worker::TensorRef& like);
  void prepare_conversions();
  void drop_sources();

  const model::Model& model_;
  std::string format_;
  worker::BackendClient& client_;
  worker::SharedMemory buffer_;  ///< for matrices that are made, and for reading back
  worker::Region region_;
  bool dry_ = false;                        ///< descriptions instead of tensors: for `unsupported`
  std::vector<worker::TensorRef> sources_;  ///< by weight
  std::vector<Conversion> conversions_;
  std::map<std::string, worker::TensorRef> scratch_;
  std::map<std::string, worker::TensorRef> weights_;
};

}  // namespace bitgate
