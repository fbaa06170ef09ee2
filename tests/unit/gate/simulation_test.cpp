// How often the gates of a run are wrong, and how often they see what is there, under noise of
// several kinds. Everything follows from seeds: the counts are the same everywhere.
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gate/judge.hpp"
#include "gate/power.hpp"
#include "gate/results.hpp"
#include "measure/bootstrap.hpp"
#include "support/catch.hpp"

using namespace bitgate;
using namespace bitgate::test;

namespace {

constexpr std::size_t kArms = 3;

/// Noise of one sample after the other, as a factor on its time.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : random_(seed) {}
  virtual ~Noise() = default;
  virtual double next() = 0;

 protected:
  double uniform() { return (static_cast<double>(random_.next() >> 11) + 0.5) / 0x1p53; }
  double normal() {  // Box and Muller
    return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * 3.14159265358979 * uniform());
  }

 private:
  Random random_;
};

class Normal : public Noise {
 public:
  using Noise::Noise;
  double next() override { return 1 + 0.03 / std::sqrt(2.0) * normal(); }  // 3 % for a ratio
};
class Lognormal : public Noise {
 public:
  using Noise::Noise;
  double next() override { return 1 + 0.05 * std::exp(0.5 * normal()); }
};
class Bimodal : public Noise {  // a neighbour takes a share, now and then
 public:
  using Noise::Noise;
  double next() override { return (uniform() < 0.3 ? 1.15 : 1) + 0.01 * normal(); }
};
class Drift : public Noise {  // a machine that gets hot
 public:
  using Noise::Noise;
  double next() override { return 1 + 0.003 * ++samples_ + 0.03 * normal(); }

 private:
  int samples_ = 0;
};
class Autoregressive : public Noise {  // a machine that is busy for a while
 public:
  using Noise::Noise;
  double next() override {
    state_ = 0.6 * state_ + 0.03 * normal();
    return std::exp(state_);
  }

 private:
  double state_ = 0;
};

/// Rounds of arms of which the candidate takes `slowdown` times as long as the baseline.
template <class Kind>
Comparison rounds_of(std::size_t rounds, double slowdown, std::uint64_t seed) {
  Kind noise(seed);
  Comparison comparison;
  comparison.status = CaseStatus::kMeasured;
  for (const std::string& order : round_orders(rounds, seed)) {
    Round round;
    round.order = order;
    for (std::size_t place = 0; place < kArms; ++place) {
      const bool candidate = order[place] == 'C';
      const auto ns = static_cast<std::uint64_t>(1e7 * noise.next() * (candidate ? slowdown : 1));
      (order[place] == 'B' ? round.baseline_ns
       : candidate         ? round.candidate_ns
                           : round.null_ns) = ns;
    }
    comparison.rounds.push_back(std::move(round));
  }
  return comparison;
}

/// What a run's gates came to.
struct Counts {
  int fail = 0;
  int pass = 0;
  int open = 0;
  int unfit = 0;  ///< of the open ones: the null arm said so of a gate
  int looks = 0;  ///< at all runs together
};

/// The first `attempts[i]` attempts at each of the comparisons, of so many rounds each.
std::vector<Comparison> known_of(const std::vector<Comparison>& all, std::size_t rounds,
                                 const std::vector<std::size_t>& attempts) {
  std::vector<Comparison> out = all;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].rounds.resize(attempts[i] * rounds);
    out[i].attempts.resize(attempts[i]);
  }
  return out;
}

/// `runs` runs of `gates` gates that each allow `limit`, all of them with this slowdown: a run
/// fails if one gate fails, and passes if all pass. One that can't tell makes up to `attempts`.
template <class Kind>
Counts simulate(int runs, std::size_t gates, std::size_t rounds, double slowdown, double limit,
                std::uint64_t attempts = 1) {
  std::vector<CaseResult> cases;
  std::vector<Rule> rules;
  for (std::size_t gate = 0; gate < gates; ++gate) {
    const std::string batch = std::to_string(gate + 1);
    cases.push_back(measured("simd", 1e7, batch));
    cases.push_back(measured("scalar", 1e7, batch));
    rules.push_back(against_scalar("compute.time", RequireKind::kChange, -kNone, limit));
    rules.back().where["batch"] = batch;
  }
  Counts counts;
  std::uint64_t seed = 1;
  for (int run = 0; run < runs; ++run) {
    std::vector<Comparison> comparisons;
    for (std::size_t gate = 0; gate < gates; ++gate) {
      comparisons.push_back(rounds_of<Kind>(rounds * attempts, slowdown, ++seed * 0x9E3779B9U));
      comparisons.back().candidate = cases[2 * gate].id;
      comparisons.back().baseline = cases[2 * gate + 1].id;
    }
    Verdict verdict;
    std::vector<std::size_t> made(gates, 1);
    for (std::uint64_t look = 1; look <= attempts; ++look) {
      const std::vector<Comparison> known = known_of(comparisons, rounds, made);
      const std::vector<GateResult> judged = judge(rules, cases, known, {look, attempts});
      verdict = conclude(judged, cases, known, false, Routes());
      ++counts.looks;
      if (verdict.exit_code != ExitCode::kInconclusive) break;
      for (std::size_t i = 0; i < gates; ++i) {
        if (judged[i].reason.code == reason::kInconclusive) made[i] = look + 1;
      }
    }
    counts.fail += verdict.status == VerdictStatus::kFail ? 1 : 0;
    counts.pass += verdict.status == VerdictStatus::kPass ? 1 : 0;
    if (verdict.status != VerdictStatus::kSkipped) continue;
    ++counts.open;
    counts.unfit += verdict.reason.detail.find("unfit") != std::string::npos ? 1 : 0;
  }
  return counts;
}

/// The upper end of the 95 % interval of a share (Clopper and Pearson), by bisection of the
/// binomial distribution.
double upper_end(int successes, int n) {
  const auto at_most = [&](double p) {
    double term = std::pow(1 - p, n);
    double sum = 0;
    for (int k = 0; k <= successes; ++k) {
      sum += term;
      term *= p / (1 - p) * static_cast<double>(n - k) / (k + 1);
    }
    return sum;
  };
  double low = 0;
  double high = 0.5;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (at_most(middle) > 0.025 ? low : high) = middle;
  }
  return high;
}

constexpr int kRuns = 1000;

template <class Kind>
void check_false_fails(const char* name) {
  struct Design {
    std::size_t gates;
    std::size_t rounds;
  };
  for (const Design design : {Design{1, 12}, Design{1, 30}, Design{8, 30}}) {
    // Exactly at the limit, where a false fail is the likeliest.
    const Counts counts = simulate<Kind>(kRuns, design.gates, design.rounds, 1.05, 0.05);
    INFO(fmt::format("{}, {} gates, {} rounds: {} of {} fail falsely, at most {:.2f}%", name,
                     design.gates, design.rounds, counts.fail, kRuns,
                     upper_end(counts.fail, kRuns) * 100));
    CHECK(upper_end(counts.fail, kRuns) <= 0.05);
    // A pass is one gate's own matter: no more often than its interval is wrong.
    if (design.gates == 1) CHECK(upper_end(counts.pass, kRuns) <= 0.05);
  }
}

}  // namespace

TEST_CASE("no more than 5% of runs fail falsely, all gates together, whatever the noise") {
  check_false_fails<Normal>("normal");
  check_false_fails<Lognormal>("lognormal");
  check_false_fails<Bimodal>("bimodal");
  check_false_fails<Drift>("drift");
  check_false_fails<Autoregressive>("autoregressive");
}

template <class Kind>
void check_false_fails_of_three_looks(const char* name) {
  for (const std::size_t gates : {1, 5}) {
    const Counts counts = simulate<Kind>(kRuns, gates, 12, 1.05, 0.05, 3);
    INFO(fmt::format(
        "{}, {} gates, three looks at 12 rounds: {} of {} fail falsely, at most {:.2f}%", name,
        gates, counts.fail, kRuns, upper_end(counts.fail, kRuns) * 100));
    CHECK(counts.looks > 2.5 * kRuns);  // at the limit hardly any run is sure before the last
    CHECK(upper_end(counts.fail, kRuns) <= 0.05);
    if (gates == 1) CHECK(upper_end(counts.pass, kRuns) <= 0.05);
  }
}

TEST_CASE("nor do runs of three attempts: each look spends a part of the error") {
  check_false_fails_of_three_looks<Normal>("normal");
  check_false_fails_of_three_looks<Lognormal>("lognormal");
  check_false_fails_of_three_looks<Bimodal>("bimodal");
  check_false_fails_of_three_looks<Drift>("drift");
  check_false_fails_of_three_looks<Autoregressive>("autoregressive");
}

TEST_CASE("attempts tell what one could not") {
  const Counts one = simulate<Normal>(kRuns, 1, 12, 1.05, 0.02);
  const Counts three = simulate<Normal>(kRuns, 1, 12, 1.05, 0.02, 3);
  CHECK(three.open < one.open / 4);
  CHECK(three.fail > one.fail);
  const Counts unchanged = simulate<Normal>(kRuns, 1, 12, 1, 0.05, 3);
  CHECK(unchanged.fail == 0);
  CHECK(unchanged.pass > 0.99 * kRuns);
  // As planned.
  const double planned = chance_to_tell(12, (1.05 / 1.02 - 1) / 0.03, 3);
  INFO(fmt::format("{} found, {} planned", three.fail / 1000.0, planned));
  CHECK(std::abs(three.fail / 1000.0 - planned) <= 0.1);
}

TEST_CASE("an unchanged candidate fails hardly ever, and passes where the rounds suffice") {
  const Counts counts = simulate<Normal>(kRuns, 1, 20, 1, 0.05);
  CHECK(counts.fail == 0);
  CHECK(counts.pass > 0.95 * kRuns);
  const Counts short_of_rounds = simulate<Normal>(kRuns, 1, 12, 1, 0.02);
  CHECK(short_of_rounds.fail <= 2);
  CHECK(short_of_rounds.open > 0.3 * kRuns);  // and says so, in place of guessing
  CHECK(simulate<Drift>(kRuns, 1, 20, 1, 0.05).fail <= 2);
  CHECK(simulate<Bimodal>(kRuns, 1, 20, 1, 0.05).fail <= 2);
}

TEST_CASE("the planner's chance to find a slowdown is the one that runs have, within 10 points") {
  struct Example {
    std::size_t rounds;
    double slowdown;
  };
  // 3 % of noise in a ratio, a limit of 2 %.
  for (const Example one :
       {Example{12, 1.05}, Example{20, 1.05}, Example{30, 1.04}, Example{30, 1.05}}) {
    const double found = simulate<Normal>(kRuns, 1, one.rounds, one.slowdown, 0.02).fail / 1000.0;
    const double planned = chance_to_tell(one.rounds, (one.slowdown / 1.02 - 1) / 0.03);
    INFO(fmt::format("{} rounds, {}x: {} found, {} planned", one.rounds, one.slowdown, found,
                     planned));
    CHECK(std::abs(found - planned) <= 0.1);
  }
}

TEST_CASE("a slowdown of 5% is found at 3% noise in 30 rounds, and 7% in 20") {
  CHECK(simulate<Normal>(kRuns, 1, 30, 1.05, 0.02).fail > 0.8 * kRuns);
  CHECK(simulate<Normal>(kRuns, 1, 30, 1.07, 0.02).fail > 0.95 * kRuns);
  CHECK(simulate<Normal>(kRuns, 1, 20, 1.07, 0.02).fail > 0.9 * kRuns);
  CHECK(simulate<Normal>(kRuns, 1, 30, 1.05, 0.02).pass <= 2);
}
