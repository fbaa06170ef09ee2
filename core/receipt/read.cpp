#include "receipt/read.hpp"

#include <cstdint>

#include "base/file.hpp"
#include "base/text.hpp"
#include "receipt/json.hpp"

namespace bitgate {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
constexpr int kMostDepth = 32;  // a receipt has 7; what writes JSON again recurses

}  // namespace

Json parse_document(const std::string& text) {
  try {
    return Json::parse(text, [](int depth, Json::parse_event_t, Json&) {
      if (depth > kMostDepth) throw BadReceipt("is no receipt: it is nested too deeply");
      return true;
    });
  } catch (const Json::exception& error) {
    throw BadReceipt("is no JSON: " + to_utf8(error.what()));
  }
}

Json parse_receipt(const std::string& text) {
  Json receipt = parse_document(text);
  const auto schema = receipt.is_object() ? receipt.find("schema") : receipt.end();
  if (!receipt.is_object() || schema == receipt.end() || !schema->is_string()) {
    throw BadReceipt(std::string("is no receipt: it does not say \"schema\": \"") + kReceiptSchema +
                     "\"");
  }
  if (*schema != kReceiptSchema) {
    throw BadReceipt("is of schema '" + to_utf8(schema->get<std::string>()) +
                     "'; this bitgate reads " + kReceiptSchema);
  }
  return receipt;
}

Json read_receipt(const std::filesystem::path& path) {
  return parse_receipt(read_file(path, kMostBytes));
}

}  // namespace bitgate
