// Rounds of a comparison: in which order the arms run, which rounds count, and what they amount to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "receipt/receipt.hpp"

namespace bitgate {

/// "BCN", "CNB", …: the six orders of three arms, all of them in each six rounds, shuffled by the
/// seed. Each arm comes equally often at each place and behind each other one (Williams 1949).
std::vector<std::string> round_orders(std::size_t rounds, std::uint64_t seed);

/// A round in which the hypervisor took more than this share of the cores' time is dropped, fixed
/// beforehand: what a round measured plays no part. If it were more than kMostDropped of the
/// rounds, all are kept, and the machine is unfit.
inline constexpr double kMostStolen = 0.25;
inline constexpr double kMostDropped = 0.1;

/// The rounds that count.
std::vector<Round> kept_rounds(std::span<const Round> rounds);
/// Whether more rounds than may be dropped were disturbed.
bool is_unfit(std::span<const Round> rounds);

/// candidate_ns / baseline_ns of each round; null_ns / baseline_ns.
std::vector<double> candidate_ratios(std::span<const Round> rounds);
std::vector<double> null_ratios(std::span<const Round> rounds);

/// The median of ratios: of an even number the geometric mean of both in the middle, so that the
/// inverse ratios have the inverse median.
double median_ratio(std::span<const double> ratios);

/// Of at least one round. 10,000 resamples of whole rounds, drawn by `seed`, for the bootstrap.
ComparisonSummary summarize_rounds(std::span<const Round> rounds, std::uint64_t seed);

}  // namespace bitgate
