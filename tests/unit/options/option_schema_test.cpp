#include "pipeline/option_schema.hpp"

#include <random>

#include "support/catch.hpp"

using namespace bitgate;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

const json kSchema = json::parse(R"({
  "type": "object", "additionalProperties": false, "required": ["path"],
  "properties": {
    "path": {"type": "string", "minLength": 1, "description": "file to write"},
    "mode": {"enum": ["fast", "exact"], "default": "fast"},
    "tries": {"type": "integer", "minimum": 1, "maximum": 9},
    "share": {"type": "number"},
    "token": {"type": ["string", "null"], "writeOnly": true},
    "rows": {"type": "array", "items": {"type": "object", "additionalProperties": false,
             "properties": {"name": {"type": "string"}, "a/b~c": {"type": "boolean"}}}}
  }})");

/// "pointer: message" of the only mistake, with '#' where the key is meant.
std::string mistake(const json& options) {
  const std::vector<OptionMistake> found = option_mistakes(kSchema, options);
  REQUIRE(found.size() == 1);
  return found[0].pointer + (found[0].at_key ? "#: " : ": ") + found[0].message;
}

}  // namespace

TEST_CASE("options that fit have no mistakes") {
  CHECK(option_mistakes(kSchema, {{"path", "x"}}).empty());
  CHECK(option_mistakes(kSchema, {{"path", "x"},
                                  {"mode", "exact"},
                                  {"tries", 9},
                                  {"share", 1},
                                  {"token", nullptr},
                                  {"rows", {{{"name", "a"}, {"a/b~c", true}}}}})
            .empty());
  CHECK(option_mistakes(json::object(), {{"anything", {1, 2}}}).empty());
}

TEST_CASE("each mistake names its place and the fix") {
  CHECK(mistake(json::object()) ==
        ": lacks the option 'path' (file to write); write options: {path: …}");
  CHECK(mistake({{"path", 5}}) == "/path: must be text, not 5");
  CHECK(mistake({{"path", ""}}) == "/path: must not be empty; write a value or take it out");
  CHECK(mistake({{"path", "x"}, {"pth", 1}}) ==
        "/pth#: unknown option 'pth' (did you mean 'path'?)");
  CHECK(mistake({{"path", "x"}, {"zzzzzz", 1}}) ==
        "/zzzzzz#: unknown option 'zzzzzz'; known here: mode, path, rows, share, token, tries");
  CHECK(mistake({{"path", "x"}, {"mode", "exat"}}) ==
        "/mode: must be one of fast, exact, not 'exat' (did you mean 'exact'?)");
  CHECK(mistake({{"path", "x"}, {"tries", 0}}) == "/tries: must be at least 1, not 0");
  CHECK(mistake({{"path", "x"}, {"tries", 10}}) == "/tries: must be at most 9, not 10");
  CHECK(mistake({{"path", "x"}, {"tries", 1.5}}) == "/tries: must be an integer, not 1.5");
  CHECK(mistake({{"path", "x"}, {"token", true}}) ==
        "/token: is a secret: write ${secret:NAME}, which stands for the environment variable NAME "
        "or "
        "the file that NAME_FILE names");
  CHECK(mistake({{"path", "x"}, {"rows", "a"}}) == "/rows: must be a list, not 'a'");
  CHECK(mistake({{"path", "x"}, {"rows", {{{"a/b~c", 1}}}}}) ==
        "/rows/0/a~1b~0c: must be true or false, not 1");
}

TEST_CASE("all mistakes are found at once") {
  CHECK(option_mistakes(kSchema, {{"pat", 1}, {"tries", "x"}, {"mode", 3}}).size() == 4);
}

TEST_CASE("pointers are shown as pipelines write paths") {
  CHECK(dotted("").empty());
  CHECK(dotted("/path") == "path");
  CHECK(dotted("/rows/0/a~1b~0c") == "rows[0].a/b~c");
  CHECK(pointer_token("a/b~c") == "a~1b~0c");
}

TEST_CASE("a sound schema has no mistakes, and those of others are named") {
  CHECK(schema_mistakes(kSchema).empty());
  CHECK(schema_mistakes(json::object()).empty());
  const auto says = [](const char* schema, const char* words) {
    const std::vector<std::string> mistakes = schema_mistakes(json::parse(schema));
    REQUIRE(mistakes.size() == 1);
    CHECK_THAT(mistakes[0], Contains(words));
  };
  says(R"({"properties": {"a": {"pattern": "x"}}})",
       "/properties/a: keyword 'pattern' is not supported");
  says(R"({"requird": ["a"]})", "'requird' is not supported (did you mean 'required'?)");
  says(R"({"type": "text"})", "schema: 'type' must be a type of JSON");
  says(R"({"type": []})", "'type' must be");
  says(R"({"items": [{}]})", "'items' must be an object");
  says(R"({"additionalProperties": {}})", "'additionalProperties' must be true or false");
  says(R"({"required": [1]})", "'required' must be a list of names");
  says(R"({"minimum": "1"})", "'minimum' must be a number");
  says(R"({"minLength": -1})", "'minLength' must be");
  says(R"({"enum": []})", "'enum' must be a list with something in it");
  says(R"({"properties": {"a": 1}})", "/properties/a: must be an object");
  says(R"({"type": "integer", "default": "x"})", "its own default must be an integer, not 'x'");
  says("[]", "must be an object");
}

TEST_CASE("no schema and no options, however odd, do worse than mistakes") {
  const std::vector<json> odd = {nullptr,
                                 true,
                                 -1,
                                 1.5,
                                 "x",
                                 json::array({1, "a"}),
                                 json::object(),
                                 {{"type", 3}},
                                 {{"enum", {{"a", 1}}}}};
  const std::vector<std::string> names = {
      "type",  "properties",           "required", "items", "minimum", "minLength", "enum",
      "const", "additionalProperties", "default"};
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    json schema = json::object();
    for (int i = 0; i < 3; ++i) {
      schema[names[random() % names.size()]] = odd[random() % odd.size()];
    }
    CHECK_NOTHROW(option_mistakes(schema, odd[random() % odd.size()]));
    CHECK_NOTHROW(option_mistakes({{"properties", {{"a", schema}}}, {"items", schema}},
                                  {{"a", odd[random() % odd.size()]}}));
    CHECK_NOTHROW(schema_mistakes(schema));
  }
}
