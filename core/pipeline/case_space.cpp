#include "pipeline/case_space.hpp"

#include <algorithm>

#include "pipeline/expand.hpp"

namespace bitgate {

CaseSpace::CaseSpace(std::span<const SuiteSpec> suites) {
  for (const SuiteSpec& spec : suites) {
    const bool outside = spec.op == ComputeOp::kBenchmark;
    if (spec.backends.empty() || (outside && spec.benchmark.empty())) continue;  // no case
    if (!outside && (spec.format.empty() || spec.threads.empty())) continue;
    const bool plain = !spec.generate && !outside;
    if (plain && (spec.shape.empty() || spec.batch.empty() || spec.cache.empty())) continue;
    Suite suite;
    const auto add = [&](const std::string& key, std::string value) {
      Values& values = suite[key];
      if (values.all.insert(value).second) values.ordered.push_back(std::move(value));
    };
    add("suite", spec.name);
    for (const std::string& backend : spec.backends) add("backend", backend);
    for (const std::string& benchmark : spec.benchmark) add("benchmark", benchmark);
    for (const std::string& format : spec.format) add("format", format);
    if (!outside) {
      for (const unsigned threads : spec.threads) add("threads", threads_text(threads));
    }
    if (plain) {
      for (const Shape& shape : spec.shape) add("shape", text_of(shape));
      for (const std::uint64_t batch : spec.batch) add("batch", std::to_string(batch));
      for (const Cache cache : spec.cache) add("cache", text_of(cache));
    }
    suites_.push_back(std::move(suite));
  }
}

std::vector<std::string> CaseSpace::values(const std::string& key) const {
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (const Suite& suite : suites_) {
    const auto found = suite.find(key);
    if (found == suite.end()) continue;
    for (const std::string& value : found->second.ordered) {
      if (seen.insert(value).second) out.push_back(value);
    }
  }
  return out;
}

bool CaseSpace::has(const Selectors& where) const {
  return std::any_of(suites_.begin(), suites_.end(),
                     [&](const Suite& suite) { return covers(suite, where); });
}

bool CaseSpace::has_pair(const Selectors& where, const Selectors& against) const {
  const auto other_suite = against.find("suite");
  const auto theirs = std::find_if(suites_.begin(), suites_.end(), [&](const Suite& suite) {
    return other_suite != against.end() && covers(suite, {*other_suite});
  });
  return std::any_of(suites_.begin(), suites_.end(), [&](const Suite& mine) {
    if (!covers(mine, where)) return false;
    if (other_suite == against.end()) return pairs(mine, mine, where, against);
    return theirs != suites_.end() && pairs(mine, *theirs, where, against);
  });
}

bool CaseSpace::covers(const Suite& suite, const Selectors& where) {
  return std::all_of(where.begin(), where.end(), [&](const auto& wanted) {
    const auto found = suite.find(wanted.first);
    return found != suite.end() && found->second.all.count(wanted.second) != 0;
  });
}

bool CaseSpace::pairs(const Suite& mine, const Suite& theirs, const Selectors& where,
                      const Selectors& against) {
  bool different = false;
  if (mine.size() != theirs.size()) return false;  // they have other axes
  for (const auto& [key, value] : against) {
    if (mine.count(key) == 0) return false;
  }
  for (const auto& [key, values] : mine) {
    const std::set<std::string>& other = theirs.at(key).all;
    const auto fixed = where.find(key);
    const auto replaced = against.find(key);
    if (replaced != against.end()) {
      if (other.count(replaced->second) == 0) return false;
      // The case that is left without a difference is its own other arm, and that is no pair.
      different = different || (fixed != where.end() ? fixed->second != replaced->second
                                                     : values.all.size() > 1 ||
                                                           values.all.count(replaced->second) == 0);
    } else if (fixed != where.end()) {
      if (other.count(fixed->second) == 0) return false;
    } else if (key != "suite" &&
               std::none_of(values.all.begin(), values.all.end(),
                            [&](const std::string& value) { return other.count(value) != 0; })) {
      return false;
    }
  }
  return different;
}

}  // namespace bitgate
