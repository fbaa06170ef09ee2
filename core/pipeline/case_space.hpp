// Which cases a pipeline can have, without making them: what gates may ask for.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "pipeline/pipeline.hpp"

namespace bitgate {

/// "suite", "backend" or an axis -> value.
using Selectors = std::map<std::string, std::string>;

class CaseSpace {
 public:
  explicit CaseSpace(std::span<const SuiteSpec> suites);

  /// Whether there is no case at all.
  [[nodiscard]] bool empty() const { return suites_.empty(); }
  /// What a key takes somewhere in the pipeline, each value once, in the order written.
  [[nodiscard]] std::vector<std::string> values(const std::string& key) const;
  /// Whether a case has all of these.
  [[nodiscard]] bool has(const Selectors& where) const;
  /// Whether a case with `where` has another arm: a different case that is the same but for
  /// `against`.
  [[nodiscard]] bool has_pair(const Selectors& where, const Selectors& against) const;

 private:
  struct Values {
    std::vector<std::string> ordered;
    std::set<std::string> all;
  };
  using Suite = std::map<std::string, Values>;

  [[nodiscard]] static bool covers(const Suite& suite, const Selectors& where);
  [[nodiscard]] static bool pairs(const Suite& mine, const Suite& theirs, const Selectors& where,
                                  const Selectors& against);

  std::vector<Suite> suites_;
};

}  // namespace bitgate
