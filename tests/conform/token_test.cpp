#include <stdexcept>

#include "conform/numeric_case.hpp"
#include "support/catch.hpp"

using namespace bitgate::conform;
using Catch::Matchers::Contains;

namespace {

Repro sample() {
  return {"numeric.matmul",
          "/plugins/a b:c.so",
          "cuda/0",
          {{"kernel", "ü:%"}},
          {"quantize/absmean", "i2_s/arm", 3, 256, 17, "sparse-33", "minus-128", 4,
           18446744073709551615ULL}};
}

}  // namespace

TEST_CASE("a token gives back every field, whatever it holds") {
  const Repro before = sample();
  const std::string token = token_of(before);
  const Repro after = parse_token(token);
  CHECK(after.check == before.check);
  CHECK(after.plugin == before.plugin);
  CHECK(after.device == before.device);
  CHECK(after.options == before.options);
  CHECK(after.what == before.what);
}

TEST_CASE("a token is one word that shells leave alone, and readable") {
  const std::string token = token_of(sample());
  CHECK(token.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./-:%") == std::string::npos);
  CHECK_THAT(token,
             Contains("numeric.matmul:/plugins/a%20b%3Ac.so:cuda/0:quantize/absmean:i2_s/arm:"
                      "3:256:17:sparse-33:minus-128:4:"));
}

TEST_CASE("what is no token is refused with the way out") {
  const std::string whole = token_of(sample());
  for (const std::string& broken :
       {std::string(), std::string("numeric.matmul"), whole + ":more", "x" + whole + "%",
        whole.substr(0, whole.rfind(':')), std::string(13, ':'), whole + "%zz", whole + " "}) {
    INFO(broken);
    CHECK_THROWS_WITH(parse_token(broken), Contains("copy the whole token"));
  }
  Repro other = sample();
  other.options = nlohmann::json::array({1});
  CHECK_THROWS_AS(parse_token(token_of(other)), std::invalid_argument);
}
