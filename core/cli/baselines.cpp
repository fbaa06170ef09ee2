#include "cli/baselines.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "base/command.hpp"
#include "cli/command_line.hpp"
#include "gate/reading.hpp"
#include "receipt/json.hpp"

namespace bitgate::cli {
namespace {

constexpr std::size_t kMostOutput = 1U << 20;

/// "+3.2% worse"
std::string change(const Movement& one) {
  const double before = *one.before;
  const double now = *one.now;
  if (before == now) return "same";
  const bool better = (now > before) == (one.direction == Direction::kHigher);
  const std::string how = better ? "better" : "worse";
  return before == 0 ? how : fmt::format("{:+.3g}% {}", (now / before - 1) * 100, how);
}

std::string amount(const std::optional<double>& value, const std::string& unit) {
  return value ? show(*value, unit) : "-";
}

}  // namespace

std::string commit_here() {
  try {
    if (!command_output({"git", "status", "--porcelain", "--untracked-files=no"}, kMostOutput)
             .empty()) {
      throw UsageError(
          "files of the git repository here are changed, and a baseline is of a commit; commit "
          "them, or say --commit SHA");
    }
    std::string commit = command_output({"git", "rev-parse", "--verify", "HEAD"}, 100);
    while (!commit.empty() && commit.back() == '\n') commit.pop_back();
    return commit;
  } catch (const UsageError&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw UsageError(
        fmt::format("what commit this is, is not known: {}; say --commit SHA", error.what()));
  }
}

std::string why_no_baseline(const std::string& directory, const Receipt& receipt) {
  std::size_t elsewhere = 0;
  for (const Baseline& one : baselines_in(directory)) {
    elsewhere += one.receipt.pipeline.name == receipt.pipeline.name ? 1 : 0;
  }
  const std::string none = fmt::format("{} has none of pipeline {} on this machine ({})", directory,
                                       receipt.pipeline.name, fingerprint_of(receipt.environment));
  return elsewhere == 0 ? none : fmt::format("{}; {} of other machines", none, elsewhere);
}

std::size_t print_movements(const Baseline& baseline, const Receipt& now) {
  fmt::print(
      "advice only: {} was measured {}, commit {}; a number of another hour decides "
      "nothing\n",
      baseline.path.string(), baseline.receipt.started, baseline.commit.substr(0, 12));
  std::size_t gone = 0;
  for (const Movement& one : movements(baseline.receipt, now)) {
    std::string what = one.before && one.now ? change(one)
                       : one.now             ? std::string(reason::kMissingBaseline)
                                             : "missing";
    gone += one.now ? 0 : 1;
    fmt::print("  {}  {}  {} -> {}  {}\n", one.id, one.metric, amount(one.before, one.unit),
               amount(one.now, one.unit), what);
  }
  if (gone > 0) fmt::print("{} numbers of the baseline are missing here\n", gone);
  return gone;
}

void after_run(const std::string& directory, const Receipt& receipt) {
  const std::string& gate = receipt.pipeline.gate;
  try {
    if (const auto known = find_baseline(directory, receipt)) {
      print_movements(*known, receipt);
    } else if (!gate.starts_with("generative:")) {
      fmt::print("no baseline, and none is written in the flow of {}: {}\n", gate,
                 why_no_baseline(directory, receipt));
    } else if (receipt.verdict.status != VerdictStatus::kPass) {
      fmt::print("no baseline established: the verdict is {}\n", word(receipt.verdict.status));
    } else {
      const Baseline saved = save_baseline(directory, to_json(receipt), commit_here());
      fmt::print("baseline established: {}\n", saved.path.string());
    }
  } catch (const BadBaseline& error) {
    fmt::print(stderr, "bitgate run: no baseline: {}\n", error.what());
  } catch (const UsageError& error) {
    fmt::print(stderr, "bitgate run: no baseline: {}\n", error.what());
  } catch (const std::exception& error) {
    fmt::print(stderr, "bitgate run: {}: {}\n", directory, error.what());
  }
}

}  // namespace bitgate::cli
