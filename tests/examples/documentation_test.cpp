// docs/write-a-*.md is true: its commands run, the sources it shows are those of the examples, and
// the documents it shows have the members that reporters get.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/installation.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kPages = {"write-a-backend.md", "write-a-reporter.md"};

/// A fenced block of a page.
struct Block {
  std::string language;
  std::string text;
};

std::vector<Block> blocks(const std::string& page) {
  std::ifstream file(BITGATE_SOURCE_DIR "/docs/" + page);
  REQUIRE(file);
  std::vector<Block> found;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, 3, "```") == 0) {
      inside = !inside;
      if (inside) found.push_back({line.substr(3), ""});
    } else if (inside) {
      found.back().text += line + "\n";
    }
  }
  REQUIRE(!inside);
  return found;
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string sources() {
  std::string all;
  for (const char* folder : {"/examples", "/core/sdk/include"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(std::string(BITGATE_SOURCE_DIR) + folder)) {
      if (entry.is_regular_file()) all += text_of(entry.path());
    }
  }
  return all;
}

/// Members that `shown` has and `real` does not, as paths. Of a list the first elements are
/// compared.
void missing(const Json& shown, const Json& real, const std::string& at,
             std::vector<std::string>& out) {
  if (shown.is_object() && real.is_object()) {
    for (const auto& [name, value] : shown.items()) {
      if (real.contains(name)) {
        missing(value, real.at(name), at + "/" + name, out);
      } else {
        out.push_back(at + "/" + name);
      }
    }
  } else if (shown.is_array() && real.is_array() && !shown.empty() && !real.empty()) {
    missing(shown.front(), real.front(), at + "/0", out);
  } else if (!shown.is_null() && !real.is_null() && shown.is_number() != real.is_number()) {
    out.push_back(at + " (of another type)");
  }
}

std::string kind_of(const Json& document) {
  return document.contains("event") ? document.at("event").get<std::string>()
                                    : document.at("schema").get<std::string>();
}

}  // namespace

TEST_CASE("the commands of the pages for authors run as they stand") {
  const Installation installed;
  for (const std::string& page : kPages) {
    std::string script = "set -eu\n";
    for (const Block& block : blocks(page)) {
      if (block.language == "sh") script += block.text;
    }
    const TemporaryDirectory directory;
    Surroundings around;
    around.directory = directory.path();
    around.environment["PATH"] = installed.prefix() + "/bin:" + std::getenv("PATH");
    const Outcome outcome = succeed({"bash", "-c", script}, around);
    CHECK_THAT(outcome.out, Contains("next:") && Contains("100% tests passed"));
  }
}

TEST_CASE("the sources that the pages for authors show are those of the examples and the SDK") {
  const std::string known = sources();
  for (const std::string& page : kPages) {
    int count = 0;
    for (const Block& block : blocks(page)) {
      if (block.language == "sh" || block.language == "text" || block.language == "json") continue;
      INFO(page << ":\n" << block.text);
      CHECK(!block.language.empty());
      CHECK(known.find(block.text) != std::string::npos);
      ++count;
    }
    CHECK(count > 3);
  }
}

TEST_CASE("the documents that the page for reporters shows are those that reporters get") {
  const TemporaryDirectory directory;
  const std::string path = directory / "documents";
  const Outcome outcome =
      run_bitgate({"run", BITGATE_SOURCE_DIR "/examples/reporter-cpp/pipeline.yaml", "--reporter",
                   DOCUMENTS_PLUGIN ":path=" + path});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  std::map<std::string, Json> real;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const Json document = Json::parse(line);
    real[kind_of(document)] = document;
  }
  std::map<std::string, Json> shown;
  for (const Block& block : blocks("write-a-reporter.md")) {
    if (block.language != "json") continue;
    INFO(block.text);
    const Json document = Json::parse(block.text);
    shown[kind_of(document)] = document;
  }
  for (const auto& [kind, document] : real) {
    INFO(kind);
    REQUIRE(shown.count(kind) == 1);
    std::vector<std::string> extra;
    missing(shown.at(kind), document, "", extra);
    CHECK_THAT(extra, Catch::Matchers::Equals(std::vector<std::string>{}));
  }
}
