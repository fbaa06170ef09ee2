#include <set>

#include <nlohmann/json.hpp>

#include "conform/run_documents.hpp"
#include "run/documents.hpp"
#include "support/catch.hpp"

using namespace bitgate;
using namespace bitgate::conform;
using nlohmann::json;

namespace {

std::set<std::string> members(const json& document) {
  std::set<std::string> names;
  for (const auto& [name, value] : document.items()) names.insert(name);
  return names;
}

}  // namespace

TEST_CASE("the kit's documents have the members of real ones") {
  const RunDocuments made = small_run();
  const json plan = json::parse(made.plan);
  const json real = json::parse(plan_document(Pipeline(), {}, Terminal(), Context()));
  CHECK(members(plan) == members(real));
  for (const char* part : {"tool", "pipeline", "terminal"}) {
    CHECK(members(plan[part]) == members(real[part]));
  }
  const json finished = json::parse(made.events.at(1));
  CHECK(members(finished) == members(json::parse(case_finished({}, CaseResult{}))));
  CHECK(members(finished["case"]) == members(json::parse(case_finished({}, CaseResult{}))["case"]));
  CHECK(members(json::parse(made.events.back())) == members(json::parse(message("info", "text"))));
}

TEST_CASE("the golden receipts show every status") {
  const auto words = [](const json& list) {
    std::set<std::string> out;
    for (const json& one : list) out.insert(one["status"].get<std::string>());
    return out;
  };
  for (const VerdictStatus verdict :
       {VerdictStatus::kPass, VerdictStatus::kFail, VerdictStatus::kSkipped}) {
    const json receipt = json::parse(documents_of(receipt_with_every_status(verdict)).receipt);
    CHECK(words(receipt["cases"]) == std::set<std::string>{"measured", "fail", "skipped", "error"});
    CHECK(words(receipt["gates"]) == std::set<std::string>{"pass", "fail", "skipped"});
  }
  CHECK(json::parse(documents_of(interrupted_receipt()).receipt)["interrupted"] == true);
  CHECK(json::parse(documents_of(large_receipt(2000)).receipt)["cases"].size() == 2000);
}

TEST_CASE("members of a later version are everywhere, and the known ones stay") {
  const json receipt = json::parse(with_unknown_members(small_run()).receipt);
  CHECK(receipt.contains("x-added-later"));
  CHECK(receipt["cases"][0].contains("x-added-later"));
  CHECK(receipt["verdict"]["status"] == "pass");
}
