// Texts with the ids that other implementations give them (make_tokenizer_golden.py).
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "model/gguf.hpp"
#include "model/tokenizer.hpp"
#include "support/catch.hpp"

using namespace bitgate::model;

namespace {

using Ids = std::vector<std::int32_t>;

/// `name` is both the file's and the key of the expected ids.
void check_golden(const std::string& name) {
  const auto tokenizer = Tokenizer::from(Gguf::open(BITGATE_GOLDEN "/tokenizer_" + name + ".gguf"));
  std::ifstream file(BITGATE_GOLDEN "/tokenizer.json");
  const auto golden = nlohmann::json::parse(file);
  REQUIRE(golden.size() >= 300);
  for (const auto& entry : golden) {
    const auto text = entry.at("text").get<std::string>();
    INFO(entry.at("text").dump());
    const Ids ids = tokenizer.encode(text);
    CHECK(ids == entry.at(name).get<Ids>());
    CHECK(tokenizer.decode(ids) == text);
  }
}

}  // namespace

TEST_CASE("byte-level BPE gives the ids of the tokenizers package") { check_golden("bpe"); }

TEST_CASE("merging by score gives the ids of the sentencepiece package") { check_golden("llama"); }
