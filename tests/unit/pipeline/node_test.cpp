#include "pipeline/node.hpp"

#include <string>

#include "support/catch.hpp"

using namespace bitgate;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string error_of(const std::string& text) {
  try {
    parse_yaml(text, "f");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

void check_at(const Position& position, int line, int column) {
  CHECK(position.line == line);
  CHECK(position.column == column);
}

Node::Type type_of(const std::string& scalar) { return parse_yaml(scalar, "f").type(); }

}  // namespace

TEST_CASE("Every node knows where it stands") {
  const Node root = parse_yaml("a: 1\nbe:\n  - x\n  - {c: \"y\"}\n", "f");
  REQUIRE(root.kind == Node::Kind::kMap);
  REQUIRE(root.entries.size() == 2);
  check_at(root.position, 1, 1);
  check_at(root.entries[0].value.position, 1, 4);
  check_at(root.entries[1].position, 2, 1);
  const Node* list = root.find("be");
  REQUIRE(list != nullptr);
  REQUIRE(list->items.size() == 2);
  check_at(list->items[0].position, 3, 5);
  const Node* deep = list->items[1].find("c");
  REQUIRE(deep != nullptr);
  check_at(deep->position, 4, 9);
  CHECK(deep->scalar == "y");
  CHECK(deep->quoted);
  CHECK_FALSE(list->items[0].quoted);
  CHECK(root.find("zebra") == nullptr);
}

TEST_CASE("Columns count characters") {
  const Node root = parse_yaml("größe: {→: 😀, b: 1}\n", "f");
  const Node& map = root.entries[0].value;
  check_at(map.position, 1, 8);
  check_at(map.entries[1].position, 1, 15);
  check_at(map.entries[1].value.position, 1, 18);
}

TEST_CASE("A value that is not there stands at its key") {
  const Node root = parse_yaml("a:\n\n\nb: ~\nc: null\n", "f");
  check_at(root.find("a")->position, 1, 1);
  check_at(root.find("b")->position, 4, 4);
  check_at(root.find("c")->position, 5, 4);
  for (const char* key : {"a", "b", "c"}) CHECK(root.find(key)->kind == Node::Kind::kNull);
}

TEST_CASE("Byte order marks and Windows' line ends change nothing") {
  const Node root = parse_yaml(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 2\r\n",
      "f");
  CHECK(root.find("a")->scalar == "1");
  check_at(root.find("a")->position, 1, 4);
  CHECK(root.find("b")->scalar == "2");
  check_at(root.find("b")->position, 2, 4);
  CHECK_THAT(error_of("a: 1\rb: 2\n"), StartsWith("f:1:5: control character U+000D"));
}

TEST_CASE("Duplicate keys are errors that name the first") {
  CHECK(error_of("a: 1\nb: 2\na: 3\n") == "f:3:1: duplicate key 'a', first at 1:1; take one out");
  CHECK_THAT(error_of("x: {a: 1, \"a\": 2}"), Contains("f:1:11: duplicate key 'a', first at 1:5"));
  // One map's key is free in another.
  CHECK(error_of("a: {a: 1}\nb: {a: 1}\n") == "accepted");
}

TEST_CASE("Aliases are copies, at the place of the alias") {
  const Node root = parse_yaml("a: &x [1, 2]\nb: *x\n", "f");
  CHECK(root.find("b")->items.size() == 2);
  check_at(root.find("b")->position, 2, 4);
  CHECK_THAT(error_of("b: *x\n"), Contains("f:1:4") && Contains("anchor"));
}

TEST_CASE("An alias inside its own node is a cycle") {
  CHECK_THAT(error_of("a: &x [*x]\n"), StartsWith("f:1:8: ") && Contains("cycle"));
  CHECK_THAT(error_of("&x a: {b: *x, c: &y {d: *y}}\n"),
             StartsWith("f:1:25: ") && Contains("cycle"));
}

TEST_CASE("Tags, merge keys and further documents are refused") {
  CHECK_THAT(error_of("a: !!str 1\n"), StartsWith("f:1:4: tag 'tag:yaml.org,2002:str'"));
  CHECK_THAT(error_of("a: !mine [1]\n"), StartsWith("f:1:4: tag '!mine'"));
  CHECK_THAT(error_of("a: &x {b: 1}\nc: {<<: *x}\n"), StartsWith("f:2:5: merge keys"));
  CHECK(error_of("a: {\"<<\": 1}\n") == "accepted");
  CHECK_THAT(error_of("a: 1\n---\nb: 1\n"), StartsWith("f:2:1: a second document"));
  CHECK(error_of("---\na: 1\n...\n") == "accepted");
}

TEST_CASE("Keys are short text") {
  CHECK_THAT(error_of("[a]: 1\n"), Contains("a key must be text"));
  CHECK_THAT(error_of("{{a: 1}: 1}\n"), Contains("a key must be text"));
  CHECK_THAT(error_of(": 1\n"), Contains("a key is missing"));
  CHECK_THAT(error_of("\"\": 1\n"), Contains("a key is missing"));
  CHECK(error_of(std::string(128, 'k') + ": 1\n") == "accepted");
  CHECK_THAT(error_of(std::string(129, 'k') + ": 1\n"), Contains("128 bytes"));
  CHECK_THAT(error_of("\"a\\nb\": 1\n"), Contains("one line"));
}

TEST_CASE("Bytes that are not UTF-8 and control characters are refused where they stand") {
  CHECK_THAT(error_of("a: 1\nb: \xE4\n"), StartsWith("f:2:4: a byte that is not UTF-8"));
  CHECK_THAT(error_of("ä: \xC3\n"), StartsWith("f:1:4: a byte that is not UTF-8"));
  CHECK_THAT(error_of(std::string("a: \0b\n", 6)), StartsWith("f:1:4: control character U+0000"));
  CHECK_THAT(error_of("a: \x7F\n"), StartsWith("f:1:4: control character U+007F"));
  CHECK_THAT(error_of("a: \xC2\x85\n"), StartsWith("f:1:4: control character U+0085"));
  CHECK_THAT(error_of("a: \"\\e[31m\"\n"), StartsWith("f:1:4: the text holds a control character"));
  CHECK(error_of("# tabs\tare fine\na: \"x\\ty\"\n") == "accepted");
}

TEST_CASE("Depth and count have limits, whether written out or by aliases") {
  CHECK(error_of(repeated("[", 64) + repeated("]", 64)) == "accepted");
  CHECK_THAT(error_of(repeated("[", 65) + repeated("]", 65)),
             StartsWith("f:1:65: more than 64 levels"));
  CHECK_THAT(error_of("a: &x " + repeated("[", 40) + repeated("]", 40) +
                      "\nb: " + repeated("[", 30) + "*x" + repeated("]", 30) + "\n"),
             StartsWith("f:2:34: more than 64 levels"));
  CHECK(error_of("[" + repeated("1,", 90'000) + "]") == "accepted");
  CHECK_THAT(error_of("[" + repeated("1,", 100'000) + "]"), Contains("more than 100000 nodes"));
  CHECK_THAT(error_of("a: &x [" + repeated("1,", 1000) + "]\nb: [" + repeated("*x,", 100) + "]\n"),
             StartsWith("f:2:") && Contains("more than 100000 nodes"));
}

TEST_CASE("Several mistakes are told at once, in the order of the file") {
  CHECK(error_of("a: !x 1\na: 2\n<<: 3\n") ==
        "f:1:4: tag '!x' is not supported; take it out\n"
        "f:2:1: duplicate key 'a', first at 1:1; take one out\n"
        "f:3:1: merge keys ('<<') are not supported; write the keys out");
}

TEST_CASE("A scalar's type is that of YAML 1.2's core schema") {
  for (const char* text : {"true", "False", "TRUE"}) CHECK(type_of(text) == Node::Type::kBoolean);
  for (const char* text : {"0", "-12", "+3", "007", "0x1F", "0o17"}) {
    CHECK(type_of(text) == Node::Type::kInteger);
  }
  for (const char* text : {"1.5", "-1e-6", ".5", "5.", "1E3", ".inf", "-.INF", ".nan"}) {
    CHECK(type_of(text) == Node::Type::kFloat);
  }
  for (const char* text : {"yes", "on", "no", "tRue", "1.2.3", "1e", "2%", "10s", "0b1", "1_000",
                           "'1'", "\"true\"", "|\n  1", "2560x2560"}) {
    INFO(text);
    CHECK(type_of(text) == Node::Type::kText);
  }
}

TEST_CASE("Messages quote what was written, on one line and not for long") {
  CHECK(in_quotes("a\nb\tc") == "'a\\nb\\tc'");
  CHECK(in_quotes(std::string(61, 'x')) == "'" + std::string(60, 'x') + "…'");
  CHECK(in_quotes(repeated("ä", 61)) == "'" + repeated("ä", 60) + "…'");
}
