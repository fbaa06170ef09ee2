#include "run/attempts.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "gate/evidence.hpp"
#include "measure/ceilings.hpp"
#include "measure/rounds.hpp"
#include "run/derived.hpp"
#include "run/judgement.hpp"

namespace bitgate {
namespace {

void add_once(std::vector<std::size_t>& list, std::size_t index) {
  if (std::find(list.begin(), list.end(), index) == list.end()) list.push_back(index);
}

class Search {
 public:
  explicit Search(const Receipt& receipt) : receipt_(receipt) {}

  Undecided find() {
    if (!may_change()) return {};
    for (std::size_t i = 0; i < receipt_.cases.size(); ++i) {
      const CaseResult& result = receipt_.cases[i];
      if (result.status == CaseStatus::kError) add_case(i);
      if (plausibility(result) == Plausibility::kDoubtful) add_case(i);
    }
    for (std::size_t i = 0; i < receipt_.comparisons.size(); ++i) {
      if (receipt_.comparisons[i].status == CaseStatus::kError) add_once(out_.comparisons, i);
    }
    for (const GateResult& gate : receipt_.gates) {
      if (!gate.required || !gate.blocking) continue;
      for (const GateCase& one : gate.cases) {
        const bool open =
            one.status == GateStatus::kSkipped && one.reason.code == reason::kInconclusive;
        if (open) add(one);
      }
    }
    add_comparisons_of_cases();
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool may_change() const {
    if (receipt_.interrupted) return false;
    if (receipt_.verdict.exit_code == ExitCode::kInconclusive) return true;
    if (receipt_.verdict.exit_code != ExitCode::kFault) return false;
    const auto passes = [](const auto& result) {
      return result.status != CaseStatus::kError || ended_for_now(result.attempts);
    };
    return std::all_of(receipt_.cases.begin(), receipt_.cases.end(), passes) &&
           std::all_of(receipt_.comparisons.begin(), receipt_.comparisons.end(), passes);
  }

  void add(const GateCase& one) {
    for (std::size_t i = 0; i < receipt_.comparisons.size(); ++i) {
      const Comparison& comparison = receipt_.comparisons[i];
      if (comparison.candidate != one.id || comparison.baseline != one.against) continue;
      if (!comparison.rounds.empty()) return add_once(out_.comparisons, i);
    }
    for (std::size_t i = 0; i < receipt_.cases.size(); ++i) {
      const std::string& id = receipt_.cases[i].id;
      if (id == one.id || id == one.against) add_case(i);
    }
  }

  void add_case(std::size_t index) {
    if (!receipt_.cases[index].benchmark) add_once(out_.cases, index);
  }

  /// Those that an arm was missing for.
  void add_comparisons_of_cases() {
    for (std::size_t i = 0; i < receipt_.comparisons.size(); ++i) {
      const Comparison& comparison = receipt_.comparisons[i];
      if (comparison.status != CaseStatus::kSkipped) continue;
      for (const std::size_t index : out_.cases) {
        const std::string& id = receipt_.cases[index].id;
        if (comparison.candidate == id || comparison.baseline == id) {
          add_once(out_.comparisons, i);
        }
      }
    }
  }

  const Receipt& receipt_;
  Undecided out_;
};

Attempt added_by(const CaseResult& result) {
  Attempt out;
  for (const auto& [name, stage] : result.stages) {
    if (!stage.samples_ns.empty()) out.added[name] = stage.samples_ns.size();
  }
  return out;
}

Attempt added_by(const Comparison& comparison) {
  Attempt out;
  if (!comparison.rounds.empty()) out.added["rounds"] = comparison.rounds.size();
  return out;
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

void append(StageResult& to, const StageResult& more) {
  if (more.samples_ns.empty()) return;
  if (to.samples_ns.empty()) {
    to = more;
    return;
  }
  if (to.repeat != more.repeat)
    throw std::logic_error("samples of different numbers of executions");
  append(to.samples_ns, more.samples_ns);
  to.warmup_samples += more.warmup_samples;
  to.stationary = to.stationary && more.stationary;
  to.stopped_by = more.stopped_by;
  if (!to.device_clock || !more.device_clock) {
    to.device_clock.reset();
    return;
  }
  const auto part = [&](auto member) {
    std::vector<std::uint64_t>& mine = (*to.device_clock).*member;
    const std::vector<std::uint64_t>& theirs = (*more.device_clock).*member;
    // A part that is not told of every sample can't be laid beside them.
    mine.empty() || theirs.empty() ? mine.clear() : append(mine, theirs);
  };
  part(&DeviceSamples::queued_ns);
  part(&DeviceSamples::submitted_ns);
  part(&DeviceSamples::execution_ns);
}

void append(std::vector<KernelCalls>& to, const std::vector<KernelCalls>& more) {
  for (const KernelCalls& kernel : more) {
    const auto known = std::find_if(
        to.begin(), to.end(), [&](const KernelCalls& one) { return one.name == kernel.name; });
    if (known == to.end()) {
      to.push_back(kernel);
    } else {
      known->calls += kernel.calls;
    }
  }
}

/// `together`: both of them, if both were measured.
template <class Result, class Together>
Result join(const Result& before, Result more, std::uint64_t number, const Together& together) {
  std::vector<Attempt> attempts = before.attempts;
  if (attempts.empty()) attempts.push_back(added_by(before));
  attempts.resize(number - 1);  // when it was not tried nothing was added
  const bool passing = ended_for_now(more.attempts);
  attempts.push_back(passing ? more.attempts.back() : added_by(more));
  const bool measured = before.status == CaseStatus::kMeasured;
  if (measured && passing) {
    more = before;
  } else if (measured && more.status == CaseStatus::kMeasured) {
    more = together(more);
  } else {
    for (std::size_t i = 0; i + 1 < attempts.size(); ++i) attempts[i].added.clear();
  }
  more.attempts = std::move(attempts);
  return more;
}

/// What the first `look` attempts added to this.
std::uint64_t added_until(const std::vector<Attempt>& attempts, std::uint64_t look,
                          const std::string& what) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(look, attempts.size()); ++i) {
    const auto found = attempts[i].added.find(what);
    if (found != attempts[i].added.end()) sum += found->second;
  }
  return sum;
}

/// Whether attempts that left a trace add up to so many.
bool add_up(const std::vector<Attempt>& attempts, const std::string& what, std::size_t count) {
  const bool too_many = std::any_of(attempts.begin(), attempts.end(), [&](const Attempt& one) {
    const auto found = one.added.find(what);
    return found != one.added.end() && found->second > count;
  });
  return attempts.empty() || (!too_many && added_until(attempts, attempts.size(), what) == count);
}

/// The receipt as it was judged after so many attempts. What they add up to is there.
Receipt as_of(std::uint64_t look, const Pipeline& pipeline, std::span<const Case> cases,
              const Receipt& receipt) {
  const auto not_yet = [](auto& result) {
    result.status = CaseStatus::kSkipped;
    result.reason = {reason::kMissingCase, "it was not measured yet"};
  };
  Receipt out = receipt;
  out.attempts.made = look;
  for (std::size_t i = 0; i < out.cases.size(); ++i) {
    CaseResult& result = out.cases[i];
    if (result.attempts.size() <= look || result.status != CaseStatus::kMeasured) continue;
    result.attempts.resize(look);
    for (auto& [name, stage] : result.stages) {
      stage.samples_ns.resize(added_until(result.attempts, look, name));
    }
    if (result.stages["compute"].samples_ns.empty()) {
      not_yet(result);
    } else {
      derive(result, cases[i]);
    }
  }
  for (Comparison& comparison : out.comparisons) {
    if (comparison.attempts.size() <= look) continue;
    comparison.attempts.resize(look);
    comparison.rounds.resize(added_until(comparison.attempts, look, "rounds"));
    if (comparison.rounds.empty()) not_yet(comparison);
  }
  judge_receipt(pipeline, out);
  return out;
}

/// Whether what the gate judged of this case grew after attempt number `look`.
bool grew(const GateCase& one, std::uint64_t look, const Receipt& receipt) {
  for (const Comparison& comparison : receipt.comparisons) {
    if (comparison.candidate == one.id && comparison.baseline == one.against) {
      return comparison.attempts.size() > look;
    }
  }
  return std::any_of(receipt.cases.begin(), receipt.cases.end(), [&](const CaseResult& result) {
    return (result.id == one.id || result.id == one.against) && result.attempts.size() > look;
  });
}

/// The worse of both: samples of either are among those that are judged.
std::optional<Disturbance> worse_of(const std::optional<Disturbance>& a,
                                    const std::optional<Disturbance>& b) {
  if (!a || !b) return a ? a : b;
  return Disturbance{std::max(a->waited, b->waited), std::max(a->stolen, b->stolen)};
}

}  // namespace

Undecided undecided(const Receipt& receipt) { return Search(receipt).find(); }

bool ended_for_now(const std::vector<Attempt>& attempts) {
  return !attempts.empty() && !attempts.back().fault.empty();
}

CaseResult joined(const CaseResult& before, CaseResult more, const Case& what,
                  std::uint64_t number) {
  return join(before, std::move(more), number, [&](const CaseResult& again) {
    CaseResult all = before;
    for (const auto& [name, stage] : again.stages) append(all.stages[name], stage);
    append(all.kernels, again.kernels);
    if (all.ceilings && again.ceilings) all.ceilings = best_of(*all.ceilings, *again.ceilings);
    all.disturbance = worse_of(all.disturbance, again.disturbance);
    derive(all, what);
    return all;
  });
}

Comparison joined(const Comparison& before, Comparison more, std::uint64_t number) {
  return join(before, std::move(more), number, [&](const Comparison& again) {
    Comparison all = before;
    append(all.rounds, again.rounds);
    all.summary = summarize_rounds(all.rounds, all.seed);
    return all;
  });
}

std::uint64_t attempts_made(const Receipt& receipt) {
  std::size_t made = 1;
  for (const CaseResult& one : receipt.cases) made = std::max(made, one.attempts.size());
  for (const Comparison& one : receipt.comparisons) made = std::max(made, one.attempts.size());
  return made;
}

std::string why_no_such_attempts(const Pipeline& pipeline, std::span<const Case> cases,
                                 const Receipt& receipt) {
  for (const CaseResult& result : receipt.cases) {
    for (const auto& [name, stage] : result.stages) {
      if (!add_up(result.attempts, name, stage.samples_ns.size())) {
        return fmt::format("those of {} do not add up to its {} samples of {}", result.id,
                           stage.samples_ns.size(), name);
      }
    }
  }
  for (const Comparison& one : receipt.comparisons) {
    if (!add_up(one.attempts, "rounds", one.rounds.size())) {
      return fmt::format("those of {} against {} do not add up to {} rounds", one.candidate,
                         one.baseline, one.rounds.size());
    }
  }
  for (std::uint64_t look = 1; look < attempts_made(receipt); ++look) {
    const Receipt then = as_of(look, pipeline, cases, receipt);
    for (const GateResult& gate : then.gates) {
      if (!gate.required) continue;
      for (const GateCase& one : gate.cases) {
        if (one.status != GateStatus::kFail || !grew(one, look, receipt)) continue;
        return fmt::format(
            "after attempt {} gate {} had failed for {}, and a fail is never tried again", look,
            gate.id, one.id);
      }
    }
  }
  return "";
}

}  // namespace bitgate
