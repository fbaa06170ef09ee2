// A model in an open session that answers prompts: prefill, then one token after the other, the
// likeliest each time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/graph.hpp"
#include "receipt/receipt.hpp"
#include "run/model_weights.hpp"
#include "worker/backend_client.hpp"

namespace bitgate {

/// What is asked, the same for every pass.
struct Questions {
  std::vector<std::vector<std::int32_t>> prompts;
  std::uint64_t tokens = 0;          ///< most that a prompt is answered with
  std::set<std::int32_t> last = {};  ///< tokens that end an answer
};

/// One answer to one prompt.
struct Answer {
  std::vector<std::int32_t> ids;       ///< the last one may be a token that ends it
  std::uint64_t prefill_ns = 0;        ///< until the first of them
  std::vector<std::uint64_t> step_ns;  ///< of each one after it
};

class Generation {
 public:
  /// `weights` outlives it. The session is open; closing it releases all that is made here.
  Generation(const model::Bitnet& bitnet, const std::string& format, ModelWeights& weights,
             worker::BackendClient& client, Questions questions);

  /// The reason if the backend can't run the graph: the first operation that it lacks.
  std::optional<std::string> unsupported();

  /// Makes the caches and all programs; nanoseconds of preparing. Again: makes them anew.
  std::uint64_t prepare();

  /// Answers prompt number `index`. `logits`, if not null, receives those of every token of the
  /// answer, [tokens, vocabulary], which takes time that is not counted.
  Answer answer(std::size_t index, std::vector<float>* logits = nullptr);

  /// Reads the logits of the last token back.
  StageResult read_logits();

  [[nodiscard]] const Questions& questions() const { return questions_; }
  [[nodiscard]] std::uint64_t context() const { return context_; }
  /// Where a decode step's time goes: what the layers have in common is timed by itself, all layers
  /// together, the longest first. Leaves nonsense in the session's tensors.
  std::vector<OperationTime> profile();

  /// Kernels of the programs, with the calls that the backend counted. Throws
  /// std::runtime_error if it counted fewer calls than operations were executed.
  std::vector<KernelCalls> kernels();

  /// Destroys all that prepare made.
  void drop_all();
  /// Gives back the region; the session is to be closed by the caller.
  void release();

 private:
  struct Prepared {
    model::Graph graph;
    std::map<std::string, worker::TensorRef> scratch;
    std::uint64_t program = 0;
    std::uint64_t executions = 0;
  };

  [[nodiscard]] model::GraphSpec spec(std::uint64_t tokens, model::Head head, bool chained) const;
  std::uint64_t prepare_graph(const model::GraphSpec& spec, Prepared& out);
  void drop(Prepared& prepared);
  worker::TensorRef bound(const std::string& name, const Prepared& prepared) const;
  worker::OpSpec bind(const model::GraphOp& op, const Prepared& prepared) const;
  worker::StepResult run(Prepared& prepared, std::span<const std::int32_t> ids,
                         std::uint64_t position);
  void keep_logits(const Prepared& prepared, std::vector<float>* logits);

  const model::Bitnet& bitnet_;
  std::string format_;
  ModelWeights& weights_;
  worker::BackendClient& client_;
  Questions questions_;
  std::uint64_t context_;
  worker::SharedMemory buffer_;  ///< for logits
  worker::Region region_;
  std::map<std::string, worker::TensorRef> state_;
  std::map<std::pair<std::uint64_t, bool>, Prepared> chunks_;  ///< by tokens, and if it is the last
  Prepared decode_;
};

}  // namespace bitgate
