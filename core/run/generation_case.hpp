// A case of op generate: a model through the four stages, measured and checked.
#pragma once

#include <functional>
#include <memory>

#include "measure/sampling.hpp"
#include "model/model.hpp"
#include "pipeline/expand.hpp"
#include "receipt/receipt.hpp"
#include "worker/backend_client.hpp"

namespace bitgate {

class GenerationCases {
 public:
  /// Runs a case in the open session, which the caller closes. `ceilings` measures what the machine
  /// can do right now. Everything but the id of the case is filled in: its status, also for what
  /// the backend lacks. Throws as the client does, and std::exception for a model or prompts that
  /// won't do.
  void run(const Case& what, worker::BackendClient& client, const Sampling& sampling,
           const std::function<Ceilings()>& ceilings, CaseResult& result);

 private:
  /// The model of the last case, if this one has the same.
  const model::Model& model_of(const SuiteSpec& suite);

  const SuiteSpec* suite_ = nullptr;
  std::unique_ptr<model::Model> model_;
};

}  // namespace bitgate
