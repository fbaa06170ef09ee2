// A first-party reporter, told of a stored run in this process.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "receipt/receipt.hpp"

namespace bitgate::test {

struct Told {
  std::string out;
  std::string err;
  std::string error;  ///< what the reporter failed with
};

/// The receipt as reporters get it.
nlohmann::ordered_json sent(const Receipt& receipt);

Told tell(const std::string& plugin, const nlohmann::json& options, const Receipt& receipt);

/// Compares with the golden file; writes it if BITGATE_UPDATE_GOLDEN is set.
void check_document(const std::string& name, const std::string& text);

}  // namespace bitgate::test
