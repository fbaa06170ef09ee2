#include "cli/receipts.hpp"

#include <vector>

#include "run/verify.hpp"

namespace bitgate::cli {

std::string receipt_path(const po::variables_map& values, const Usage& usage) {
  if (values.count("receipt") == 0) {
    throw UsageError("name the receipt\nusage: " + usage.synopsis);
  }
  return values["receipt"].as<std::vector<std::string>>().front();
}

Receipt verified_receipt(const std::string& path) {
  return with_receipt(path, [&](const nlohmann::ordered_json& document) {
    const Verification verification = bitgate::verify(document);
    if (!verification.differences.empty()) {
      throw UsageError(fmt::format("{} is not verified: {}", path, verification.differences[0]));
    }
    return receipt_of(document);
  });
}

}  // namespace bitgate::cli
