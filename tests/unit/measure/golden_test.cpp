// The estimators against reference values from SciPy: golden/make_golden.py.
#include <cmath>
#include <fstream>
#include <vector>

#include <nlohmann/json.hpp>

#include "measure/bootstrap.hpp"
#include "measure/statistics.hpp"
#include "support/catch.hpp"

using namespace bitgate;
using nlohmann::json;

namespace {

const json& golden() {
  static const json values = [] {
    std::ifstream in(MEASURE_GOLDEN "/estimators.json");
    return json::parse(in);
  }();
  return values;
}

std::vector<double> chosen(const std::vector<double>& values,
                           std::span<const std::size_t> observations) {
  std::vector<double> out;
  for (const std::size_t index : observations) out.push_back(values[index]);
  return out;
}

}  // namespace

TEST_CASE("Summaries and intervals are SciPy's") {
  for (const json& sample : golden().at("samples")) {
    INFO(sample.at("name"));
    const auto values = sample.at("values").get<std::vector<double>>();
    CHECK(median(values) == Approx(sample.at("median").get<double>()).epsilon(1e-12));
    CHECK(mad(values) == Approx(sample.at("mad").get<double>()).epsilon(1e-12).margin(1e-12));
    CHECK(quantile(values, 0.9) == Approx(sample.at("p90").get<double>()).epsilon(1e-12));
    CHECK(quantile(values, 0.99) == Approx(sample.at("p99").get<double>()).epsilon(1e-12));
    const Interval interval = median_interval(values);
    CHECK(interval.low == sample.at("interval").at(0).get<double>());
    CHECK(interval.high == sample.at("interval").at(1).get<double>());
  }
}

TEST_CASE("The sign test is SciPy's") {
  for (const json& one : golden().at("sign_tails")) {
    INFO(one);
    CHECK(sign_tail(one.at("successes"), one.at("n")) ==
          Approx(one.at("tail").get<double>()).epsilon(1e-9));
  }
}

TEST_CASE("The normal distribution and its inverse are SciPy's") {
  for (const json& one : golden().at("normal")) {
    const double p = one.at("p");
    CHECK(normal_quantile(p) == Approx(one.at("z").get<double>()).epsilon(1e-9).margin(1e-12));
    CHECK(normal_cdf(one.at("z")) == Approx(p).epsilon(1e-9));
  }
}

TEST_CASE("The bootstrap interval is SciPy's, but for the draws") {
  for (const json& pair : golden().at("bootstrap")) {
    INFO(pair.at("name"));
    const auto candidate = pair.at("candidate").get<std::vector<double>>();
    const auto baseline = pair.at("baseline").get<std::vector<double>>();
    const Interval found = bootstrap_interval(
        [&](std::span<const std::size_t> observations) {
          return median(chosen(candidate, observations)) / median(chosen(baseline, observations));
        },
        candidate.size(), 10000, 1);
    const double low = pair.at("low");
    const double high = pair.at("high");
    // 10,000 draws against 200,000 of others, and a median takes few values: a part of the width.
    CHECK(std::abs(found.low - low) < 0.12 * (high - low));
    CHECK(std::abs(found.high - high) < 0.12 * (high - low));
  }
}

TEST_CASE("A bootstrap of values that do not differ is that value") {
  const Interval same =
      bootstrap_interval([](std::span<const std::size_t>) { return 7.0; }, 5, 100, 1);
  CHECK(same.low == 7);
  CHECK(same.high == 7);
}

TEST_CASE("Random numbers are SplitMix64's, and all below a bound come up") {
  Random random(1234567);  // the reference implementation's first values
  CHECK(random.next() == 6457827717110365317U);
  CHECK(random.next() == 3203168211198807973U);
  std::vector<int> counts(6, 0);
  for (int i = 0; i < 6000; ++i) ++counts[random.below(6)];
  for (const int count : counts) CHECK(std::abs(count - 1000) < 150);
  CHECK(random.below(1) == 0);
}
