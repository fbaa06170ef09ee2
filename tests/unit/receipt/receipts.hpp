// Receipts as runs of every outcome would leave them, made by hand.
#pragma once

#include <map>
#include <string>

#include "receipt/receipt.hpp"

namespace bitgate::test {

/// By outcome: "pass", "fail", "mismatch", "error", "implausible", "inconclusive", "skipped",
/// "partly", "simulated", "interrupted", "empty", "hostile", "unicode".
const std::map<std::string, Receipt>& receipts();

}  // namespace bitgate::test
