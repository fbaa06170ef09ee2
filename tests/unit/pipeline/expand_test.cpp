#include "pipeline/expand.hpp"

#include <set>

#include "pipeline/reader.hpp"
#include "support/catch.hpp"

using namespace bitgate;

namespace {

Pipeline pipeline_with(const std::string& suites) {
  return parse_pipeline(
      "version: 1\nname: t\nbackends: {b: {plugin: p}, a: {plugin: p}}\nsuites:\n" + suites +
          "gates: [{id: exact, metric: output.mismatches, require: == 0}]\n",
      "f");
}

std::vector<std::string> ids(const std::vector<Case>& cases) {
  std::vector<std::string> out;
  for (const Case& what : cases) out.push_back(what.id);
  return out;
}

const std::string kSuite =
    "  s:\n"
    "    backends: [b, a]\n"
    "    load: {source: synthetic, shape: [64x32, 32x64]}\n"
    "    quantize: {format: i2_s}\n"
    "    compute: {batch: [8, 1]}\n";

}  // namespace

TEST_CASE("An id names the suite, every axis and the backend") {
  const Pipeline pipeline = pipeline_with(
      "  s: {backends: a, load: {source: synthetic, shape: 64x32}, quantize: {format: f32},"
      " compute: {batch: 3, threads: 2, cache: hot}}\n");
  const std::vector<Case> cases = expand(pipeline);
  REQUIRE(cases.size() == 1);
  CHECK(cases[0].id == "s/shape=64x32/format=f32/batch=3/threads=2/cache=hot@a");
  CHECK(cases[0].suite == &pipeline.suites[0]);
  CHECK(cases[0].backend == &pipeline.backends[1]);
}

TEST_CASE("Defaults are part of the id, so that naming one changes nothing") {
  const std::string start =
      "  s: {backends: a, load: {source: synthetic, shape: 64x32}, quantize: "
      "{format: i2_s}";
  const Pipeline implied = pipeline_with(start + "}\n");
  const Pipeline named =
      pipeline_with(start + ", compute: {op: matmul, batch: 1, threads: all, cache: cold}}\n");
  CHECK(ids(expand(implied)) == ids(expand(named)));
  CHECK(expand(implied)[0].id == "s/shape=64x32/format=i2_s/batch=1/threads=all/cache=cold@a");
}

TEST_CASE("Cases run in the order written, backends innermost") {
  const Pipeline pipeline = pipeline_with(kSuite);
  const std::string rest = "/threads=all/cache=cold@";
  CHECK(ids(expand(pipeline)) == std::vector<std::string>{
                                     "s/shape=64x32/format=i2_s/batch=8" + rest + "b",
                                     "s/shape=64x32/format=i2_s/batch=8" + rest + "a",
                                     "s/shape=64x32/format=i2_s/batch=1" + rest + "b",
                                     "s/shape=64x32/format=i2_s/batch=1" + rest + "a",
                                     "s/shape=32x64/format=i2_s/batch=8" + rest + "b",
                                     "s/shape=32x64/format=i2_s/batch=8" + rest + "a",
                                     "s/shape=32x64/format=i2_s/batch=1" + rest + "b",
                                     "s/shape=32x64/format=i2_s/batch=1" + rest + "a",
                                 });
}

TEST_CASE("An id does not depend on what else the pipeline has") {
  const std::string other =
      "  t: {backends: b, load: {source: synthetic, shape: 8x8}, quantize: {format: i2_s}}\n";
  const Pipeline alone = pipeline_with(kSuite);
  const Pipeline after = pipeline_with(other + kSuite);
  std::vector<std::string> expected = ids(expand(alone));
  const std::vector<std::string> all = ids(expand(after));
  CHECK(all.size() == expected.size() + 1);
  CHECK(std::vector<std::string>(all.begin() + 1, all.end()) == expected);
}

TEST_CASE("An empty axis has no cases") {
  CHECK(expand(pipeline_with("  s: {backends: [], load: {source: synthetic, shape: 8x8}, quantize: "
                             "{format: i2_s}}\n"))
            .empty());
}

TEST_CASE("A filter is a part of the id, or a pattern for all of it") {
  const Pipeline pipeline = pipeline_with(kSuite);
  const std::vector<Case> cases = expand(pipeline);
  const auto count = [&](const std::string& filter) { return filtered(cases, filter).size(); };
  CHECK(count("") == 8);
  CHECK(count("batch=1/") == 4);
  CHECK(count("@b") == 4);
  CHECK(count("shape=64x32") == 4);
  CHECK(count("zebra") == 0);
  CHECK(count("*") == 8);
  CHECK(count("*@b") == 4);
  CHECK(count("batch=1*") == 0);  // a pattern is for the whole id
  CHECK(count("*batch=1*") == 4);
  CHECK(count("s/*batch=?/*@a") == 4);
  CHECK(count("s/shape=?\?x?\?/*") == 8);
  CHECK(count("s/shape=?x?\?/*") == 0);
  CHECK(count("*batch=*threads=*batch=*") == 0);
  CHECK(count("*****") == 8);
  CHECK(count("?") == 0);
  CHECK(count(std::string(100'000, '*') + "zebra") == 0);
}

TEST_CASE("A filter keeps the order") {
  const Pipeline pipeline = pipeline_with(kSuite);
  const std::vector<std::string> kept = ids(filtered(expand(pipeline), "*@a"));
  REQUIRE(kept.size() == 4);
  CHECK(kept[0] == "s/shape=64x32/format=i2_s/batch=8/threads=all/cache=cold@a");
  CHECK(kept[3] == "s/shape=32x64/format=i2_s/batch=1/threads=all/cache=cold@a");
}

TEST_CASE("Suites, axes and backends multiply, and every id is its own") {
  std::string batches;
  for (int i = 1; i <= 100; ++i) batches += (i == 1 ? "" : ", ") + std::to_string(i);
  const Pipeline pipeline = pipeline_with(
      "  s: {backends: [a, b], load: {source: synthetic, shape: [8x8, 8x16]}, quantize: {format: "
      "[f32, i2_s]}, compute: {batch: [" +
      batches + "], threads: [1, 2, 3, all], cache: [cold, hot]}}\n");
  const std::vector<std::string> all = ids(expand(pipeline));
  CHECK(all.size() == 2 * 2 * 2 * 100 * 4 * 2);
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == all.size());
}
