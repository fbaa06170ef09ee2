#include "pipeline/case_space.hpp"

#include "support/catch.hpp"

using namespace bitgate;

namespace {

SuiteSpec suite(const std::string& name, std::vector<std::string> backends,
                std::vector<std::uint64_t> batch) {
  SuiteSpec spec;
  spec.name = name;
  spec.backends = std::move(backends);
  spec.shape = {{64, 32}};
  spec.format = {"i2_s"};
  spec.batch = std::move(batch);
  return spec;
}

}  // namespace

TEST_CASE("Values of a key come from all suites, each once, in the order written") {
  const std::vector<SuiteSpec> suites = {suite("s", {"b", "a"}, {8, 1}),
                                         suite("t", {"a", "c"}, {1, 2})};
  const CaseSpace space(suites);
  CHECK(space.values("suite") == std::vector<std::string>{"s", "t"});
  CHECK(space.values("backend") == std::vector<std::string>{"b", "a", "c"});
  CHECK(space.values("batch") == std::vector<std::string>{"8", "1", "2"});
  CHECK(space.values("threads") == std::vector<std::string>{"all"});
  CHECK(space.values("shape") == std::vector<std::string>{"64x32"});
}

TEST_CASE("A gate that covers no case is found, though each of its values exists") {
  const std::vector<SuiteSpec> suites = {suite("s", {"a"}, {1}), suite("t", {"b"}, {8})};
  const CaseSpace space(suites);
  CHECK(space.has({}));
  CHECK(space.has({{"suite", "s"}, {"backend", "a"}, {"batch", "1"}}));
  CHECK_FALSE(space.has({{"suite", "s"}, {"backend", "b"}}));
  CHECK_FALSE(space.has({{"backend", "a"}, {"batch", "8"}}));
  CHECK_FALSE(space.has({{"backend", "zebra"}}));
}

TEST_CASE("A suite with an empty list has no case") {
  const std::vector<SuiteSpec> suites = {suite("s", {}, {1}), suite("t", {"a"}, {})};
  const CaseSpace space(suites);
  CHECK(space.empty());
  CHECK_FALSE(space.has({}));
  CHECK_FALSE(space.has_pair({}, {{"backend", "a"}}));
}

TEST_CASE("Another arm is a different case that is the same but for what is replaced") {
  const std::vector<SuiteSpec> suites = {suite("s", {"a", "b"}, {1, 8}), suite("t", {"c"}, {1})};
  const CaseSpace space(suites);
  CHECK(space.has_pair({{"backend", "a"}}, {{"backend", "b"}}));
  CHECK(space.has_pair({}, {{"backend", "b"}}));
  CHECK(space.has_pair({{"batch", "8"}}, {{"batch", "1"}}));
  CHECK_FALSE(space.has_pair({{"backend", "b"}}, {{"backend", "b"}}));
  CHECK_FALSE(space.has_pair({{"suite", "t"}}, {{"backend", "c"}}));    // it is its own arm
  CHECK_FALSE(space.has_pair({{"backend", "c"}}, {{"backend", "a"}}));  // not in one suite
  CHECK_FALSE(space.has_pair({{"backend", "a"}}, {{"batch", "64"}}));
}

TEST_CASE("The other arm can be in another suite if its other values are there too") {
  const std::vector<SuiteSpec> suites = {suite("s", {"a"}, {1, 8}), suite("t", {"a", "b"}, {1}),
                                         suite("u", {"a"}, {64})};
  const CaseSpace space(suites);
  CHECK(space.has_pair({{"suite", "s"}}, {{"suite", "t"}}));
  CHECK(space.has_pair({{"suite", "s"}, {"batch", "8"}}, {{"suite", "t"}, {"batch", "1"}}));
  CHECK(space.has_pair({{"suite", "s"}}, {{"suite", "t"}, {"backend", "b"}}));
  CHECK_FALSE(space.has_pair({{"suite", "s"}, {"batch", "8"}}, {{"suite", "t"}}));
  CHECK_FALSE(space.has_pair({{"suite", "s"}}, {{"suite", "u"}}));  // no batch in common
  CHECK_FALSE(space.has_pair({{"suite", "s"}}, {{"suite", "s"}}));
  CHECK_FALSE(space.has_pair({{"suite", "s"}}, {{"suite", "zebra"}}));
}
