// Merging neighbours, the best pair first, until no pair of neighbours makes a token: what both
// kinds of tokenizers do, each with its own idea of "best".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

namespace bitgate::model {

/// A part of a text that is one token, or none (kNoToken).
struct Symbol {
  std::size_t begin;
  std::size_t size;  ///< 0: merged into the one before
  std::int32_t id;
};

struct Merge {
  double cost;      ///< the lowest is merged first; of equals the leftmost
  std::int32_t id;  ///< of the token that they make
};

/// `symbols` cover a text without gaps; `merge(left, right)` is a std::optional<Merge>. Takes time
/// in n log n.
template <typename MergeOf>
void merge_neighbours(std::vector<Symbol>& symbols, const MergeOf& merge) {
  struct Candidate {
    Merge merge;
    std::size_t left;
    std::size_t right;
    std::size_t left_size;  ///< as they were; else it is about symbols that are no more
    std::size_t right_size;
  };
  const auto worse = [](const Candidate& a, const Candidate& b) {
    return a.merge.cost != b.merge.cost ? a.merge.cost > b.merge.cost : a.left > b.left;
  };
  const std::size_t end = symbols.size();
  std::vector<std::size_t> before(end);
  std::vector<std::size_t> after(end);
  std::priority_queue<Candidate, std::vector<Candidate>, decltype(worse)> candidates(worse);
  const auto consider = [&](std::size_t left, std::size_t right) {
    if (const std::optional<Merge> made = merge(symbols[left], symbols[right])) {
      candidates.push({*made, left, right, symbols[left].size, symbols[right].size});
    }
  };
  for (std::size_t i = 0; i < end; ++i) {
    before[i] = i - 1;  // of the first: beyond the end
    after[i] = i + 1;
    if (i + 1 < end) consider(i, i + 1);
  }
  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    Symbol& left = symbols[best.left];
    Symbol& right = symbols[best.right];
    if (left.size != best.left_size || right.size != best.right_size) continue;
    left.size += right.size;
    left.id = best.merge.id;
    right.size = 0;
    const std::size_t next = after[best.right];
    after[best.left] = next;
    if (next < end) {
      before[next] = best.left;
      consider(best.left, next);
    }
    if (before[best.left] < end) consider(before[best.left], best.left);
  }
  std::erase_if(symbols, [](const Symbol& symbol) { return symbol.size == 0; });
}

}  // namespace bitgate::model
