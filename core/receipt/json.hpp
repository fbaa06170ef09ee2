// The receipt as JSON, "bitgate.receipt/1": docs/receipt.schema.json describes it.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "receipt/receipt.hpp"

namespace bitgate {

inline constexpr const char* kReceiptSchema = "bitgate.receipt/1";

/// Ordered so that a reader finds first what matters first. Numbers are finite or null.
nlohmann::ordered_json to_json(const Receipt& receipt);
nlohmann::ordered_json to_json(const CaseResult& result);
nlohmann::ordered_json to_json(const Comparison& comparison);
nlohmann::ordered_json to_json(const GateResult& result);
nlohmann::ordered_json to_json(const Verdict& verdict);

/// SHA-256 of a receipt without its own digest, as compact JSON: what its key "digest" holds.
std::string digest_of(const nlohmann::ordered_json& receipt);

/// The public words: "pass", "fail", "skipped", …
std::string word(CaseStatus status);
std::string word(GateStatus status);
std::string word(VerdictStatus status);
std::string word(Direction direction);

}  // namespace bitgate
