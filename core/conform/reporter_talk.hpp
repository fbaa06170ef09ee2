// Telling an open reporter about runs, and watching what it does with the documents.
#pragma once

#include <string>

#include "conform/run_documents.hpp"
#include "worker/worker.hpp"

namespace bitgate::conform {

class ReporterTalk {
 public:
  explicit ReporterTalk(worker::Worker& worker) : worker_(worker) {}

  /// Each throws as Worker::call does.
  void begin(const std::string& plan) { tell("begin", plan); }
  void event(const std::string& event) { tell("event", event); }
  void finish(const std::string& receipt) { tell("finish", receipt); }
  void whole_run(const RunDocuments& run);

  /// The first document that the reporter changed: "begin", "event", "finish"; empty if none.
  [[nodiscard]] const std::string& changed() const { return changed_; }

 private:
  void tell(const char* what, const std::string& document);

  worker::Worker& worker_;
  std::string changed_;
};

}  // namespace bitgate::conform
