// What of a receipt is published, in words: foreign text in it is still to be escaped.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace github {

using Json = nlohmann::ordered_json;

enum class Outcome { kPass, kFail, kSkipped };

struct Result {
  std::string gate;        ///< "generative:gate:benchmarks", of a-z 0-9 - _ : and nothing else
  std::string short_gate;  ///< "benchmarks"
  Outcome outcome = Outcome::kSkipped;
  std::string status;    ///< "pass", "fail", "skipped (inconclusive)": nothing else
  std::string reason;    ///< of a fail: "limit: simd-gain: …"; the detail of a skip
  std::string evidence;  ///< bitgate/evidence.hpp's line
  std::string route;     ///< "NEXT → code-refiner"
  std::string measured;  ///< "5 of 6 cases measured"
  std::string started;
  std::string finished;  ///< RFC 3339, UTC
  std::string digest;    ///< sha256 of the receipt as the reporter json writes it
};

/// Throws nlohmann::json::exception if it is no receipt.
Result result_of(const Json& receipt);

/// The digest's first 12 digits, by which people call it.
std::string short_digest(const Result& result);

}  // namespace github
