#include "conform/reporter_talk.hpp"

#include <cstring>

#include "worker/shared_memory.hpp"

namespace bitgate::conform {

void ReporterTalk::whole_run(const RunDocuments& run) {
  begin(run.plan);
  for (const std::string& one : run.events) event(one);
  finish(run.receipt);
}

void ReporterTalk::tell(const char* what, const std::string& document) {
  const worker::SharedMemory memory(document.size(), "bitgate-document");
  std::memcpy(memory.bytes().data(), document.data(), document.size());
  worker_.call({{"do", what}, {"size", document.size()}}, memory.fd());
  const bool kept = std::memcmp(memory.bytes().data(), document.data(), document.size()) == 0;
  if (!kept && changed_.empty()) changed_ = what;
}

}  // namespace bitgate::conform
