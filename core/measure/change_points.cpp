#include "measure/change_points.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "measure/bootstrap.hpp"
#include "measure/statistics.hpp"

namespace bitgate {
namespace {

/// As clear as the series itself: so many permutations settle that it is nothing special.
constexpr std::size_t kEnough = 20;

/// Ranks less their mean; equal values share theirs.
std::vector<double> centered_ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    const double rank = static_cast<double>(i + end - 1) / 2;
    const double mean = static_cast<double>(values.size() - 1) / 2;
    for (; i < end; ++i) ranks[order[i]] = rank - mean;
  }
  return ranks;
}

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// All of n values, and ever more ever shorter ranges that overlap by half at least.
std::vector<Range> seeded_intervals(std::size_t n) {
  std::vector<Range> out;
  const auto all = static_cast<double>(n);
  for (double length = all; length >= 2 * kLeastLevel; length /= std::sqrt(2.0)) {
    const auto size = static_cast<std::size_t>(std::ceil(length - 1e-9));
    const auto count = static_cast<std::size_t>(2 * std::ceil(all / length - 1e-9)) - 1;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t begin = count == 1 ? 0 : (n - size) * i / (count - 1);
      out.push_back({begin, begin + size});
    }
  }
  return out;
}

struct Clearest {
  double clearness = 0;  ///< up to a factor that all orders of the same ranks share
  Range range;
};

Clearest clearest(std::span<const double> ranks, std::span<const Range> ranges,
                  std::vector<double>& sums) {
  sums.resize(ranks.size() + 1);
  std::partial_sum(ranks.begin(), ranks.end(), sums.begin() + 1);
  Clearest best;
  for (const Range& range : ranges) {
    const auto size = static_cast<double>(range.end - range.begin);
    const double mean = (sums[range.end] - sums[range.begin]) / size;
    for (std::size_t at = range.begin + kLeastLevel; at + kLeastLevel <= range.end; ++at) {
      const auto before = static_cast<double>(at - range.begin);
      const double sum = sums[at] - sums[range.begin] - mean * before;
      const double clearness = sum * sum * size / (before * (size - before));
      if (clearness > best.clearness) best = {clearness, range};
    }
  }
  return best;
}

double chance_of(std::vector<double> ranks, double own, std::span<const Range> ranges,
                 std::size_t permutations, std::uint64_t seed) {
  if (own == 0) return 1;
  const double as_much = own * (1 - 1e-9);  // the same differences, summed in another order
  Random random(seed);
  std::vector<double> sums;
  std::size_t as_clear = 0;
  for (std::size_t i = 1; i <= permutations; ++i) {
    for (std::size_t k = ranks.size(); k > 1; --k) std::swap(ranks[k - 1], ranks[random.below(k)]);
    if (clearest(ranks, ranges, sums).clearness >= as_much && ++as_clear == kEnough) {
      return static_cast<double>(kEnough) / static_cast<double>(i);
    }
  }
  return static_cast<double>(as_clear + 1) / static_cast<double>(permutations + 1);
}

double deviations(std::span<const double> values) {
  const double center = median(values);
  double sum = 0;
  for (const double value : values) sum += std::abs(value - center);
  return sum;
}

std::size_t place_of(std::span<const double> values) {
  std::size_t best = kLeastLevel;
  double least = INFINITY;
  for (std::size_t at = kLeastLevel; at + kLeastLevel <= values.size(); ++at) {
    const double left = deviations(values.first(at)) + deviations(values.subspan(at));
    if (left >= least) continue;
    least = left;
    best = at;
  }
  return best;
}

void find(std::span<const double> values, std::size_t offset, double level,
          std::size_t permutations, std::uint64_t seed, std::vector<Change>& out) {
  const Change one = clearest_change(values, permutations, seed);
  if (one.chance > level) return;
  find(values.first(one.at), offset, level, permutations, seed, out);
  out.push_back({offset + one.at, one.chance});
  find(values.subspan(one.at), offset + one.at, level, permutations, seed, out);
}

}  // namespace

Change clearest_change(std::span<const double> values, std::size_t permutations,
                       std::uint64_t seed) {
  if (values.size() < 2 * kLeastLevel) return {};
  std::vector<double> ranks = centered_ranks(values);
  const std::vector<Range> ranges = seeded_intervals(values.size());
  std::vector<double> sums;
  const auto [clearness, range] = clearest(ranks, ranges, sums);
  const double chance = chance_of(std::move(ranks), clearness, ranges, permutations, seed);
  if (chance == 1) return {};
  return {range.begin + place_of(values.subspan(range.begin, range.end - range.begin)), chance};
}

std::vector<Change> changes(std::span<const double> values, double level, std::size_t permutations,
                            std::uint64_t seed) {
  std::vector<Change> out;
  if (level > 0 && level < 1) find(values, 0, level, permutations, seed, out);
  return out;
}

double believed_level(std::vector<double> chances, double rate) {
  std::sort(chances.begin(), chances.end());
  for (std::size_t i = chances.size(); i-- > 0;) {
    const double share = static_cast<double>(i + 1) / static_cast<double>(chances.size());
    if (chances[i] <= share * rate) return share * rate;
  }
  return 0;
}

}  // namespace bitgate
