// usage: test_write_receipts DIRECTORY: the receipts that all tests of reporters use, as the
// reporter json writes them, and those of each exit code as the gates of the other flows.
#include <fstream>
#include <set>
#include <string>

#include "receipt/json.hpp"
#include "receipt/receipts.hpp"

namespace {

const std::set<std::string> kOfEachExitCode = {"pass", "fail", "inconclusive", "error", "skipped"};

void write(const std::string& path, const bitgate::Receipt& receipt) {
  const std::string text =
      bitgate::to_json(receipt).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::ofstream(path) << nlohmann::ordered_json::parse(text).dump(2) << "\n";
}

}  // namespace

int main(int, char** argv) {
  const std::string directory = std::string(argv[1]) + "/";
  for (const auto& [name, receipt] : bitgate::test::receipts()) {
    write(directory + name + ".json", receipt);
    if (!kOfEachExitCode.contains(name)) continue;
    bitgate::Receipt other = receipt;
    other.pipeline.gate = "review:gate:benchmarks";
    write(directory + "review-" + name + ".json", other);
    other.pipeline.gate = "integrative:gate:throughput";
    write(directory + "integrative-" + name + ".json", other);
  }
}
