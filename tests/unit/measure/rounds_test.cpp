#include "measure/rounds.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "support/catch.hpp"

using namespace bitgate;

namespace {

const std::vector<std::string> kOrdersOf42 = {"NBC", "CNB", "BCN", "CBN", "NCB", "BNC"};

Round round_of(std::uint64_t baseline, std::uint64_t candidate, std::uint64_t null,
               double stolen = 0) {
  return {"BCN", baseline, candidate, null, stolen};
}

}  // namespace

TEST_CASE("Every six rounds hold all six orders of the arms") {
  const std::vector<std::string> orders = round_orders(60, 7);
  REQUIRE(orders.size() == 60);
  for (std::size_t block = 0; block < 60; block += 6) {
    const std::set<std::string> different(orders.begin() + static_cast<long>(block),
                                          orders.begin() + static_cast<long>(block + 6));
    CHECK(different == std::set<std::string>{"BCN", "BNC", "CBN", "CNB", "NBC", "NCB"});
  }
  // Balanced: each arm equally often at each place, and right behind each other one.
  std::map<std::string, int> counts;
  for (const std::string& order : orders) {
    for (std::size_t place = 0; place < 3; ++place) {
      ++counts[std::to_string(place) + order[place]];
      if (place > 0) ++counts[order.substr(place - 1, 2)];
    }
  }
  for (const auto& [what, count] : counts) CHECK(count == 20);
}

TEST_CASE("The order follows from the seed") {
  CHECK(round_orders(12, 7) == round_orders(12, 7));
  CHECK(round_orders(12, 7) != round_orders(12, 8));
  const std::vector<std::string> more = round_orders(18, 7);
  CHECK(std::vector<std::string>(more.begin(), more.begin() + 12) == round_orders(12, 7));
  // What this bitgate and every later one make of a seed.
  CHECK(round_orders(6, 42) == kOrdersOf42);
}

TEST_CASE("The median of ratios is that of their inverses, turned over") {
  CHECK(median_ratio(std::vector<double>{4, 1, 2}) == 2);
  CHECK(median_ratio(std::vector<double>{1, 4}) == 2);
  CHECK(median_ratio(std::vector<double>{1, 0.25}) == 0.5);
}

TEST_CASE("Rounds that the hypervisor took are left out, at most one in ten") {
  std::vector<Round> rounds(20, round_of(100, 200, 100));
  rounds[3] = round_of(100, 900, 100, 0.3);
  rounds[7] = round_of(100, 900, 100, 0.26);
  CHECK_FALSE(is_unfit(rounds));
  CHECK(kept_rounds(rounds).size() == 18);
  CHECK(summarize_rounds(rounds, 1).dropped == 2);
  CHECK(summarize_rounds(rounds, 1).ratio.interval.high == 2);
  rounds[9].stolen = 0.3;
  CHECK(is_unfit(rounds));
  CHECK(kept_rounds(rounds).size() == 20);
  CHECK(summarize_rounds(rounds, 1).dropped == 0);
}

TEST_CASE("A summary holds both ratios, and follows from rounds and seed") {
  std::vector<Round> rounds;
  for (std::uint64_t i = 0; i < 30; ++i) {
    const std::uint64_t wobble = i * 11 % 30;
    rounds.push_back(round_of(1000 + wobble, 1100 + i * 7 % 30, 1000 + i * 13 % 30));
  }
  const ComparisonSummary summary = summarize_rounds(rounds, 1);
  CHECK(summary.ratio.median == Approx(1.1).epsilon(0.01));
  CHECK(summary.ratio.interval.low < summary.ratio.median);
  CHECK(summary.ratio.interval.high > summary.ratio.median);
  CHECK(summary.null.interval.low < 1);
  CHECK(summary.null.interval.high > 1);
  CHECK(summary.bootstrap.low < 1.1);
  CHECK(summary.bootstrap.high > 1.09);
  CHECK(summarize_rounds(rounds, 1).bootstrap == summary.bootstrap);
  const ComparisonSummary one = summarize_rounds(std::vector<Round>{round_of(100, 150, 100)}, 1);
  CHECK(one.ratio.median == 1.5);
  CHECK(one.bootstrap == Span{1.5, 1.5});
}
