// Every example in the documentation that is a whole pipeline is one that works, and every test
// that it calls a proof is there.
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
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

/// The sources and names of all tests, with texts that a source writes in pieces in one.
std::string all_tests() {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(BITGATE_DOCS "/../tests")) {
    const fs::path& path = entry.path();
    all += path.filename().string() + "\n";
    if (path.extension() != ".cpp" && path.extension() != ".py" && path.extension() != ".txt") {
      continue;
    }
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    all += text.str();
  }
  return std::regex_replace(all, std::regex("\"\\s+\""), "");
}

}  // namespace

TEST_CASE("every way in which a gate can lie has a test that is there") {
  const std::string tests = all_tests();
  std::ifstream page(BITGATE_DOCS "/honesty.md");
  int rows = 0;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("| ", 0) != 0 || line.find("| test |") != std::string::npos) continue;
    INFO(line);
    const std::size_t cell = line.rfind("| ", line.size() - 3);
    std::string last = line.substr(cell);
    int named = 0;
    for (std::smatch name; std::regex_search(last, name, std::regex("`([^`]+)`"));) {
      INFO(name[1]);
      CHECK(tests.find(name[1]) != std::string::npos);
      last = name.suffix();
      ++named;
    }
    CHECK(named > 0);
    ++rows;
  }
  CHECK(rows >= 60);
}

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
