// The receipt as JSON, and back from a file.
#include "receipt/json.hpp"

#include <algorithm>
#include <limits>

#include "receipt/read.hpp"
#include "receipt/receipts.hpp"
#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate;
using namespace bitgate::test;
using Catch::Matchers::Contains;
using Json = nlohmann::ordered_json;

namespace {

std::string error_of(const std::string& text) {
  try {
    parse_receipt(text);
  } catch (const BadReceipt& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a metric without a finite value is null with a reason") {
  CaseResult result;
  for (const double value :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    result.metrics["compute.time"] = {value, "ns", Direction::kLower, "median", ""};
    const Json metric = to_json(result).at("metrics").at("compute.time");
    CHECK(metric.at("value").is_null());
    CHECK(metric.at("reason") == "not a finite number");
  }
  result.metrics["compute.time"] = {std::nullopt, "ns", Direction::kLower, "median", "why"};
  CHECK(to_json(result).at("metrics").at("compute.time").at("reason") == "why");
  result.metrics["compute.time"].value = 1.5;
  CHECK_FALSE(to_json(result).at("metrics").at("compute.time").contains("reason"));
}

TEST_CASE("no receipt holds a number that JSON has no word for") {
  for (const auto& [name, receipt] : receipts()) {
    Receipt broken = receipt;
    for (CaseResult& result : broken.cases) {
      for (auto& [stage, measured] : result.stages) {
        measured.summary = {std::numeric_limits<double>::quiet_NaN(), 0, 0, 0};
      }
      result.ceilings = {std::numeric_limits<double>::infinity(), 1, 1, 1};
    }
    for (GateResult& gate : broken.gates) gate.value = std::numeric_limits<double>::quiet_NaN();
    const std::string text = to_json(broken).dump(-1, ' ', false, Json::error_handler_t::strict);
    CHECK(Json::accept(text));
  }
}

TEST_CASE("only pass, fail and skipped leave the program as status of gates and verdict") {
  for (const auto& [name, receipt] : receipts()) {
    INFO(name);
    const Json json = to_json(receipt);
    std::vector<Json> statuses = {json.at("verdict").at("status")};
    for (const Json& gate : json.at("gates")) {
      statuses.push_back(gate.at("status"));
      for (const Json& one : gate.at("cases")) statuses.push_back(one.at("status"));
    }
    for (const Json& status : statuses) {
      CHECK((status == "pass" || status == "fail" || status == "skipped"));
    }
  }
  const Json open = to_json(receipts().at("inconclusive"));
  CHECK(open.at("verdict").at("status") == "skipped");
  CHECK_THAT(open.at("verdict").at("reason").get<std::string>(), Contains("inconclusive: "));
  CHECK(open.at("verdict").at("exit_code") == 3);
}

TEST_CASE("text that is not UTF-8 becomes UTF-8") {
  const std::string text = to_json(receipts().at("hostile")).dump();  // throws otherwise
  CHECK(Json::accept(text));
}

TEST_CASE("samples and counts beyond a double's precision are kept exactly") {
  Receipt receipt = receipts().at("pass");
  receipt.cases.front().stages["compute"].samples_ns = {(std::uint64_t{1} << 53) + 1};
  receipt.cases.front().kernels.front().calls = UINT64_MAX;
  const std::string text = to_json(receipt).dump();
  CHECK_THAT(text, Contains("[9007199254740993]") && Contains("18446744073709551615"));
  CHECK(parse_receipt(text).dump() == text);
}

TEST_CASE("a receipt is read back in its order, to the byte") {
  for (const auto& [name, receipt] : receipts()) {
    INFO(name);
    const std::string text = to_json(receipt).dump(2) + "\n";
    CHECK(parse_receipt(text).dump(2) + "\n" == text);
  }
}

TEST_CASE("what is not a receipt is refused with what is wrong") {
  CHECK_THAT(error_of(""), Contains("is no JSON"));
  CHECK_THAT(error_of("{\"schema\": "), Contains("is no JSON") && Contains("column"));
  CHECK_THAT(error_of("{\"schema\": \"bitgate.receipt/1\", \"x\": NaN}"), Contains("is no JSON"));
  CHECK_THAT(error_of("{\"schema\": \"\xff\"}"), Contains("is no JSON"));
  CHECK_THAT(error_of("[]"), Contains("bitgate.receipt/1"));
  CHECK_THAT(error_of("{}"), Contains("bitgate.receipt/1"));
  CHECK_THAT(error_of("{\"schema\": 1}"), Contains("bitgate.receipt/1"));
  CHECK_THAT(error_of("{\"schema\": \"bitgate.receipt/2\"}"),
             Contains("'bitgate.receipt/2'; this bitgate reads bitgate.receipt/1"));
  const std::string deep(1000000, '[');
  CHECK_THAT(error_of("{\"schema\": \"bitgate.receipt/1\", \"x\": " + deep),
             Contains("nested too deeply"));
  CHECK(error_of("{\"schema\": \"bitgate.receipt/1\"}").empty());
}

TEST_CASE("a receipt that can't be read says which file") {
  const TemporaryDirectory directory;
  CHECK_THROWS_AS(read_receipt(directory / "missing.json"), std::system_error);
  CHECK_THROWS_AS(read_receipt(directory.path()), std::system_error);
}
