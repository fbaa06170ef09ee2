// Reading a stored receipt.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "receipt/receipt.hpp"

namespace bitgate {

/// The text is not a receipt; what() says what is wrong with it.
class BadReceipt : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The JSON of a text, in its order. Throws BadReceipt if it is none, or nested more deeply than
/// any document of bitgate's.
nlohmann::ordered_json parse_document(const std::string& text);

/// The receipt in its order, so that it is written as it was. It is JSON and says that it is a
/// receipt; whether it is a whole one (docs/receipt.schema.json) is seen by whoever uses it. Throws
/// BadReceipt.
nlohmann::ordered_json parse_receipt(const std::string& text);

/// Throws BadReceipt, or std::system_error if the file can't be read.
nlohmann::ordered_json read_receipt(const std::filesystem::path& path);

/// The receipt that a document holds; to_json gives the document again if it was whole. Throws
/// BadReceipt where it lacks something, or something can't be what it says.
Receipt receipt_of(const nlohmann::ordered_json& document);

}  // namespace bitgate
