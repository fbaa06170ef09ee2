#include "conform/option_schema.hpp"
#include "support/catch.hpp"

using bitgate::conform::schema_mistakes;
using nlohmann::json;

TEST_CASE("schemas of the supported part of draft-07 have no mistakes") {
  CHECK(schema_mistakes(json::object()).empty());
  CHECK(schema_mistakes(json::parse(R"({
    "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
    "required": ["path"], "additionalProperties": false,
    "properties": {
      "path": {"type": "string", "pattern": "^[a-z]+$", "minLength": 1, "examples": ["a"]},
      "level": {"enum": ["info", "debug"], "default": "info"},
      "sizes": {"type": ["array", "null"], "items": {"type": "integer", "minimum": 1},
                "maxItems": 4, "uniqueItems": true},
      "either": {"oneOf": [{"const": 1}, {"not": {"type": "number", "multipleOf": 0.5}}]}}})"))
            .empty());
}

TEST_CASE("each mistake is named with its place") {
  const auto one = [](const char* text) {
    const std::vector<std::string> mistakes = schema_mistakes(json::parse(text));
    REQUIRE(mistakes.size() == 1);
    return mistakes.front();
  };
  CHECK(one("[]") == "/: is no schema: neither an object nor true or false");
  CHECK(one(R"({"type": "text"})") == "/type: \"text\" is no type");
  CHECK(one(R"({"properties": {"a": {"type": []}}})") ==
        "/properties/a/type: an empty list of types");
  CHECK(one(R"({"properties": {"a": 1}})") ==
        "/properties/a: is no schema: neither an object nor true or false");
  CHECK(one(R"({"requird": ["a"]})") == "/requird: is no keyword that bitgate knows");
  CHECK(one(R"({"required": "a"})") == "/required: is no list of names");
  CHECK(one(R"({"minLength": -1})") == "/minLength: is no count");
  CHECK(one(R"({"maximum": "9"})") == "/maximum: is no number");
  CHECK(one(R"({"pattern": "("})") == "/pattern: \"(\" is no regular expression");
  CHECK(one(R"({"anyOf": []})") == "/anyOf: is no list of schemas");
  CHECK(one(R"({"enum": 1})") == "/enum: is no list of values");
  CHECK(one(R"({"uniqueItems": 1})") == "/uniqueItems: is neither true nor false");
}
