// usage: test_write_receipts DIRECTORY: the receipts that all tests of reporters use, as the
// reporter json writes them.
#include <fstream>

#include "receipt/json.hpp"
#include "receipt/receipts.hpp"

int main(int, char** argv) {
  for (const auto& [name, receipt] : bitgate::test::receipts()) {
    const std::string text =
        bitgate::to_json(receipt).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    std::ofstream(std::string(argv[1]) + "/" + name + ".json")
        << nlohmann::ordered_json::parse(text).dump(2) << "\n";
  }
}
