// The graph of a model as programs of an open session, with the tensors that they share.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "model/graph.hpp"
#include "receipt/receipt.hpp"
#include "run/model_weights.hpp"
#include "worker/backend_client.hpp"

namespace bitgate {

/// The graph for one number of tokens, bound to tensors, as a program.
struct GraphProgram {
  model::Graph graph;
  std::map<std::string, worker::TensorRef> scratch;
  std::uint64_t program = 0;
  std::uint64_t executions = 0;
};

class GraphPrograms {
 public:
  /// For sequences of up to `context` tokens, and to read up to `most_logits` rows of logits at
  /// once. `bitnet` and `weights` outlive it. Closing the session releases all that is made here.
  GraphPrograms(const model::Bitnet& bitnet, std::string format, ModelWeights& weights,
                worker::BackendClient& client, std::uint64_t context, std::uint64_t most_logits);
  GraphPrograms(const GraphPrograms&) = delete;  // owns a region of the client's
  GraphPrograms& operator=(const GraphPrograms&) = delete;

  /// What the backend lacks of the graph, each part of the layers once.
  std::vector<LackedOperation> lacks(std::uint64_t tokens, model::Head head);

  /// Makes the program, and the shared tensors that are not there yet; nanoseconds of preparing.
  std::uint64_t prepare(std::uint64_t tokens, model::Head head, bool chained, GraphProgram& out);
  void drop(GraphProgram& program);
  /// Destroys the shared tensors.
  void drop_shared();

  /// One step for tokens from `position` on; `ids` is empty for a chained program. The result has
  /// the token that comes next, if the graph makes one.
  worker::StepResult run(GraphProgram& program, std::span<const std::int32_t> ids,
                         std::uint64_t position);

  /// The program's logits, until the next call.
  std::span<const float> logits(const GraphProgram& program);
  /// Reading them back: nanoseconds.
  std::uint64_t read_logits(const GraphProgram& program);

  [[nodiscard]] worker::OpSpec bind(const model::GraphOp& op, const GraphProgram& program) const;

  /// Gives back the region; the session is to be closed by the caller.
  void release();

 private:
  [[nodiscard]] model::GraphSpec spec(std::uint64_t tokens, model::Head head, bool chained) const;
  [[nodiscard]] worker::TensorRef bound(const std::string& name, const GraphProgram& program) const;

  const model::Bitnet& bitnet_;
  std::string format_;
  ModelWeights& weights_;
  worker::BackendClient& client_;
  std::uint64_t context_;
  worker::SharedMemory buffer_;  ///< for logits
  worker::Region region_;
  std::map<std::string, worker::TensorRef> state_;
};

}  // namespace bitgate
