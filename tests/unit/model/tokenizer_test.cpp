// What the golden files don't show: bytes that are no UTF-8, control tokens, and files that are
// refused.
#include "model/tokenizer.hpp"

#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuzz/read_gguf.hpp"
#include "model/gguf_writer.hpp"
#include "support/catch.hpp"

using namespace bitgate::model;
using Catch::Matchers::Contains;

namespace {

using Ids = std::vector<std::int32_t>;

const std::string kBpe = BITGATE_GOLDEN "/tokenizer_bpe.gguf";
const std::string kLlama = BITGATE_GOLDEN "/tokenizer_llama.gguf";

Tokenizer open(const std::string& path) { return Tokenizer::from(Gguf::open(path)); }

/// A vocabulary to be spoiled: a few letters and a merge.
struct File {
  std::string architecture = "bitnet-b1.58";
  std::string model = "gpt2";
  std::string pre = "llama-bpe";
  std::vector<std::string> tokens = {"<s>", "a", "b", "ab", "Ġ", "<x>"};
  std::vector<std::int32_t> kinds = {3, 1, 1, 1, 1, 4};
  std::vector<std::string> merges = {"a b"};
  std::vector<float> scores;

  [[nodiscard]] std::string bytes() const {
    GgufWriter writer;
    writer.string("general.architecture", architecture);
    if (!model.empty()) writer.string("tokenizer.ggml.model", model);
    if (!pre.empty()) writer.string("tokenizer.ggml.pre", pre);
    if (!tokens.empty()) writer.strings("tokenizer.ggml.tokens", tokens);
    if (!kinds.empty()) writer.i32s("tokenizer.ggml.token_type", kinds);
    if (!merges.empty()) writer.strings("tokenizer.ggml.merges", merges);
    if (!scores.empty()) writer.f32s("tokenizer.ggml.scores", scores);
    writer.u32("tokenizer.ggml.bos_token_id", 0);
    return writer.bytes();
  }
};

Tokenizer made(const File& file) {
  const std::string bytes = file.bytes();
  return Tokenizer::from(Gguf::parse(bytes, "f.gguf"));
}

std::string error_of(const File& file) {
  try {
    made(file);
  } catch (const GgufError& error) {
    return error.what();
  }
  return "no error";
}

File llama() {
  File file;
  file.model = "llama";
  file.pre = "";
  file.tokens = {"<s>", "a", "b", "ab", "\u2581", "<0x0A>"};
  file.kinds = {3, 1, 1, 1, 1, 6};
  file.merges = {};
  file.scores = {0, -3, -4, -1, -2, 0};
  return file;
}

}  // namespace

TEST_CASE("every byte comes back, be the text UTF-8 or not") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const std::vector<std::string> texts = {
      bytes,      "\xFF",     "a\xC3",          "\xE2\x82",       "\xED\xA0\x80",
      "\xC0\xAF", "\xF5\x80", "\x80\x80 a\x80", "\u2581a \u2581", std::string(3, '\0')};
  for (const std::string& path : {kBpe, kLlama}) {
    const Tokenizer tokenizer = open(path);
    for (const std::string& text : texts) {
      INFO(path << ": " << Catch::Detail::stringify(text));
      CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
    }
  }
}

TEST_CASE("a long word takes no longer than its length asks for") {
  const std::string text(200000, 'a');
  for (const std::string& path : {kBpe, kLlama}) {
    const Tokenizer tokenizer = open(path);
    CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
  }
}

TEST_CASE("control tokens in a text are found, and text behind them starts anew") {
  const Tokenizer tokenizer = open(kLlama);
  const Ids hello = tokenizer.encode("hello");
  Ids expected = hello;
  expected.push_back(*tokenizer.eos());
  expected.insert(expected.end(), hello.begin(), hello.end());
  CHECK(tokenizer.encode("hello</s>hello") == expected);
  for (const char* text :
       {"hello</s>hello", "</s> hello</s>", "<s><s> ", " <unk> x", "</s", "<s>"}) {
    CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
  }
}

TEST_CASE("a prompt begins as the file says") {
  const Tokenizer tokenizer = made(File());
  CHECK(tokenizer.encode("ab a") == Ids{3, 4, 1});
  CHECK(tokenizer.prompt("ab a") == Ids{0, 3, 4, 1});
  CHECK(tokenizer.bos() == 0);
  CHECK_FALSE(tokenizer.eos());
  CHECK(tokenizer.size() == 6);
}

TEST_CASE(
    "the prompts of the repository's model are a token a character, and their answers right") {
  const Tokenizer tokenizer = open(BITGATE_MODELS "/addition.gguf");
  CHECK(tokenizer.prompt("6+15=") == Ids{1, 9, 13, 4, 8, 14});
  CHECK(tokenizer.eos() == 2);
  std::ifstream file(BITGATE_MODELS "/addition.prompts");
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    INFO(line);
    const std::size_t tab = line.find('\t');
    const std::size_t plus = line.find('+');
    REQUIRE(tab != std::string::npos);
    REQUIRE(plus < tab);
    CHECK(std::stoi(line.substr(0, plus)) + std::stoi(line.substr(plus + 1)) ==
          std::stoi(line.substr(tab + 1)));
    CHECK(tokenizer.prompt(line.substr(0, tab)).size() == tab + 1);
  }
  CHECK(lines == 200);
}

TEST_CASE("the end of a turn is known by name") {
  const Tokenizer tokenizer = open(kBpe);
  REQUIRE(tokenizer.eot());
  CHECK(tokenizer.decode(Ids{*tokenizer.eot()}) == "<|eot_id|>");
  CHECK(tokenizer.ends(*tokenizer.eot()));
  CHECK(tokenizer.ends(*tokenizer.eos()));
  CHECK_FALSE(tokenizer.ends(*tokenizer.bos()));
  CHECK_FALSE(open(kLlama).eot());
}

TEST_CASE("2B-4T's file names no pre-tokenizer, and others have to") {
  File file;
  file.pre = "";
  CHECK(made(file).encode("ab") == Ids{3});
  file.architecture = "bitnet";
  CHECK_THAT(error_of(file), Contains("names no pre-tokenizer (tokenizer.ggml.pre); known is "
                                      "llama-bpe"));
}

TEST_CASE("what is not in the vocabulary is an error that names it") {
  for (const File& file : {File(), llama()}) {
    const Tokenizer tokenizer = made(file);
    CHECK_THROWS_WITH(tokenizer.encode("abc"),
                      Contains("f.gguf: the vocabulary has no token for the byte 0x63 ('c')"));
    CHECK_THROWS_AS(tokenizer.encode("abc"), std::invalid_argument);
    CHECK_THROWS_WITH(tokenizer.decode(Ids{6}), "token 6 is beyond the vocabulary of 6 tokens");
    CHECK_THROWS_AS(tokenizer.decode(Ids{-1}), std::out_of_range);
  }
}

TEST_CASE("files without a usable vocabulary are refused with the reason") {
  const auto spoiled = [](const auto& spoil, File file = File()) {
    spoil(file);
    return error_of(file);
  };
  CHECK_THAT(spoiled([](File& f) { f.model = ""; }),
             Contains("f.gguf: byte 16: there is no vocabulary (tokenizer.ggml.model)"));
  CHECK_THAT(spoiled([](File& f) { f.model = "bert"; }),
             Contains("tokenizer.ggml.model is 'bert'") && Contains("known are gpt2 and llama"));
  CHECK_THAT(spoiled([](File& f) { f.pre = "qwen2"; }),
             Contains("tokenizer.ggml.pre is 'qwen2'") && Contains("known is llama-bpe"));
  CHECK_THAT(spoiled([](File& f) { f.tokens = {}; }), Contains("has no tokenizer.ggml.tokens"));
  CHECK_THAT(spoiled([](File& f) { f.kinds = {}; }), Contains("has no tokenizer.ggml.token_type"));
  CHECK_THAT(spoiled([](File& f) { f.merges = {}; }), Contains("has no tokenizer.ggml.merges"));
  CHECK_THAT(spoiled([](File& f) { f.kinds.pop_back(); }),
             Contains("there are 6 tokens but the types of 5"));
  CHECK_THAT(spoiled([](File& f) { f.kinds[2] = 7; }), Contains("token 2 has type 7"));
  CHECK_THAT(spoiled([](File& f) { f.tokens[2] = "a"; }), Contains("tokens 1 and 2 are both 'a'"));
  CHECK_THAT(spoiled([](File& f) { f.tokens[2] = "b c"; }), Contains("token 2 is 'b c', which"));
  CHECK_THAT(spoiled([](File& f) { f.kinds[2] = 6; }), Contains("token 2 is 'b', which"));
  for (const char* merge : {"ab", "a c", "b a", " a", "a  b", ""}) {
    CHECK_THAT(spoiled([&](File& f) { f.merges[0] = merge; }),
               Contains("merge '" + std::string(merge) + "' is not two tokens"));
  }
  CHECK_THAT(spoiled([](File& f) { f.scores.pop_back(); }, llama()),
             Contains("tokenizer.ggml.scores must have a score for each of 6 tokens, and has 5"));
  CHECK_THAT(spoiled([](File& f) { f.tokens[5] = "<0xG0>"; }, llama()),
             Contains("token 5 is '<0xG0>', which"));
}

TEST_CASE("special tokens must be in the vocabulary") {
  GgufWriter writer;
  writer.string("general.architecture", "bitnet");
  writer.string("tokenizer.ggml.model", "llama");
  writer.strings("tokenizer.ggml.tokens", std::vector<std::string>{"a"});
  writer.i32s("tokenizer.ggml.token_type", std::vector<std::int32_t>{1});
  writer.f32s("tokenizer.ggml.scores", std::vector<float>{0});
  SECTION("an id beyond it") {
    writer.u32("tokenizer.ggml.eos_token_id", 1);
    const std::string bytes = writer.bytes();
    CHECK_THROWS_WITH(Tokenizer::from(Gguf::parse(bytes, "f.gguf")),
                      Contains("tokenizer.ggml.eos_token_id is 1, and there are 1 tokens"));
  }
  SECTION("wanted, but not named") {
    writer.boolean("tokenizer.ggml.add_bos_token", true);
    const std::string bytes = writer.bytes();
    CHECK_THROWS_WITH(Tokenizer::from(Gguf::parse(bytes, "f.gguf")),
                      Contains("add_bos_token is true, and the file does not say which token"));
  }
}

TEST_CASE("a vocabulary of which bytes were changed encodes rightly or is refused") {
  std::mt19937 random(20240301);
  for (const std::string& path : {kBpe, kLlama}) {
    std::ostringstream whole;
    whole << std::ifstream(path, std::ios::binary).rdbuf();
    int read = 0;
    for (int i = 0; i < 1000; ++i) {
      std::string bytes = whole.str();
      for (std::size_t change = 0; change <= random() % 4; ++change) {
        bytes[random() % bytes.size()] = static_cast<char>(random() % 8);
      }
      CAPTURE(path, i);
      read += bitgate::test::read_gguf(bytes) ? 1 : 0;
    }
    CHECK(read > 100);
  }
}
