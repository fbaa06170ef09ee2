#include "run/shards.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "gate/reading.hpp"
#include "receipt/read.hpp"
#include "run/outline.hpp"

namespace bitgate {
namespace {

std::optional<std::size_t> whole_number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Sets of cases that belong together, each named by its first.
class Groups {
 public:
  explicit Groups(std::size_t size) : parent_(size) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t of(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) {
    const std::size_t one = of(a);
    const std::size_t other = of(b);
    parent_[std::max(one, other)] = std::min(one, other);
  }

 private:
  std::vector<std::size_t> parent_;
};

Groups groups_of(const Pipeline& pipeline, const std::vector<Case>& cases) {
  std::vector<CaseResult> outlines;
  for (const Case& what : cases) outlines.push_back(not_run(what, {}));
  Groups groups(cases.size());
  for (const Rule& rule : pipeline.gates) {
    if (rule.against.empty()) continue;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (!covers(rule, outlines[i])) continue;
      for (std::size_t k = 0; k < cases.size(); ++k) {
        if (is_other_arm(rule, outlines[i], outlines[k])) groups.join(i, k);
      }
    }
  }
  return groups;
}

}  // namespace

std::optional<ShardOf> parse_shard(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto index = whole_number(text.substr(0, slash));
  const auto count = whole_number(text.substr(slash + 1));
  if (!index || !count || *index < 1 || *index > *count) return std::nullopt;
  return ShardOf{*index, *count};
}

std::vector<Case> cases_of_shard(const Pipeline& pipeline, std::vector<Case> cases,
                                 const ShardOf& shard) {
  Groups groups = groups_of(pipeline, cases);
  std::vector<std::size_t> sizes(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) ++sizes[groups.of(i)];
  // Each group goes to the part that has the fewest cases yet. There are no more parts in use than
  // cases, whatever the number of parts.
  std::vector<std::size_t> filled(std::min(shard.count, cases.size()));
  std::vector<std::size_t> part_of(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (groups.of(i) != i) continue;
    const auto part = std::min_element(filled.begin(), filled.end());
    *part += sizes[i];
    part_of[i] = static_cast<std::size_t>(part - filled.begin()) + 1;
  }
  std::vector<Case> out;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (part_of[groups.of(i)] == shard.index) out.push_back(std::move(cases[i]));
  }
  return out;
}

std::vector<Case> cases_of(const Pipeline& pipeline, const Receipt& receipt) {
  std::vector<Case> cases = filtered(expand(pipeline), receipt.pipeline.filter);
  if (!receipt.pipeline.shard.empty()) {
    const auto shard = parse_shard(receipt.pipeline.shard);
    if (!shard) throw BadReceipt("is of the shard '" + receipt.pipeline.shard + "', which is none");
    cases = cases_of_shard(pipeline, std::move(cases), *shard);
  }
  std::vector<std::string> machines;
  for (const Machine& machine : receipt.machines) machines.push_back(machine.name);
  return on_machines(std::move(cases), machines);
}

}  // namespace bitgate
