// A model in an open session that answers prompts: prefill, then one token after the other, the
// likeliest each time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "receipt/receipt.hpp"
#include "run/graph_programs.hpp"

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

  /// What the backend lacks of the graph, for any of the prompts.
  std::vector<LackedOperation> lacks();

  /// Makes the caches and all programs; nanoseconds of preparing. Again: makes them anew.
  std::uint64_t prepare();

  /// Answers prompt number `index`. `logits`, if not null, receives those of every token of the
  /// answer, [tokens, vocabulary], which takes time that is not counted.
  /// `before_step`, if there is one, is called before each step behind the first token.
  Answer answer(std::size_t index, std::vector<float>* logits = nullptr,
                const std::function<void()>& before_step = {});

  /// Reads the logits of the last token back.
  StageResult read_logits();

  [[nodiscard]] const Questions& questions() const { return questions_; }
  /// Where a decode step's time goes: what the layers have in common is timed by itself, all layers
  /// together, the longest first. Leaves nonsense in the session's tensors.
  std::vector<OperationTime> profile();
  /// The same of a prompt's longest step, from what the first layer takes.
  std::vector<OperationTime> prefill_profile();

  /// Which kernels each part of the graph runs on, those of its first layer. Leaves nonsense too.
  std::vector<PlacedOperation> placement(const std::string& backend);

  /// Kernels of the programs, with the calls that the backend counted. Throws
  /// std::runtime_error if it counted fewer calls than operations were executed.
  std::vector<KernelCalls> kernels();

  /// Destroys all that prepare made.
  void drop_all();
  /// Gives back the region; the session is to be closed by the caller.
  void release();

 private:
  /// The longest program that a prompt ends with.
  [[nodiscard]] const GraphProgram& last_chunk() const;
  double time_of(const std::vector<worker::OpSpec>& ops);
  std::vector<std::string> kernels_of(const worker::OpSpec& op);

  worker::BackendClient& client_;
  Questions questions_;
  GraphPrograms programs_;
  std::map<std::pair<std::uint64_t, bool>, GraphProgram>
      chunks_;  ///< by tokens, and if it is the last
  GraphProgram decode_;
};

}  // namespace bitgate
