// Every example in the documentation that is a whole pipeline is one that works.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate::test;
namespace fs = std::filesystem;

namespace {

struct Block {
  std::string name;  ///< "pipeline.md:12"
  std::string text;
};

/// The ```yaml blocks of a page that begin with `version:`.
std::vector<Block> pipelines_in(const fs::path& page) {
  std::vector<Block> blocks;
  std::ifstream file(page);
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (!inside && line == "```yaml") {
      inside = true;
      blocks.push_back({page.filename().string() + ":" + std::to_string(number), ""});
    } else if (inside && line == "```") {
      inside = false;
      if (blocks.back().text.rfind("version:", 0) != 0) blocks.pop_back();
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  CHECK_FALSE(inside);
  return blocks;
}

}  // namespace

TEST_CASE("every whole pipeline in the documentation is valid") {
  const TemporaryDirectory directory;
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(BITGATE_DOCS)) {
    if (entry.path().extension() != ".md") continue;
    for (const Block& block : pipelines_in(entry.path())) {
      INFO(block.name);
      const Outcome outcome = run_bitgate({"validate", directory.write("block.yaml", block.text)});
      INFO(outcome.err);
      CHECK(outcome.exit_code == 0);
      ++count;
    }
  }
  CHECK(count > 0);
}
