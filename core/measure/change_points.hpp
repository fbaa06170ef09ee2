// Where a series of numbers changes its level, and how sure that is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bitgate {

/// The fewest values that make a level.
inline constexpr std::size_t kLeastLevel = 3;

/// A place where values before differ from those behind.
struct Change {
  std::size_t at = 0;  ///< number of the first value of the new level
  double chance = 1;   ///< that the same values in random order differ as clearly somewhere
};

/// The clearest change of a series. How clear one is, is the standardized difference of mean ranks
/// on both sides, at its largest over all splits (Pettitt, Applied Statistics 28, 1979, in the form
/// of Hawkins and Deng, Journal of Quality Technology 42, 2010) of all seeded intervals, so that a
/// level which comes and goes is seen too (Kovacs, Buehlmann, Li and Munk, Biometrika 110, 2023);
/// its chance is that of `permutations` seeded permutations, or fewer where enough of them are as
/// clear (Besag and Clifford, Biometrika 78, 1991). Only ranks count, so no outlier moves it. The
/// place is the one in its interval whose two medians leave the least absolute deviations. Chance 1
/// where there are not values for two levels, or all are the same.
Change clearest_change(std::span<const double> values, std::size_t permutations,
                       std::uint64_t seed);

/// All changes with a chance of at most `level`, in order: the clearest, then those of both parts
/// (binary segmentation: Scott and Knott, Biometrics 30, 1974).
std::vector<Change> changes(std::span<const double> values, double level, std::size_t permutations,
                            std::uint64_t seed);

/// The largest chance at which findings of several series are still believed so that at most a
/// share `rate` of what is believed is expected to be false (Benjamini and Hochberg, Journal of the
/// Royal Statistical Society B 57, 1995); 0 if none is.
double believed_level(std::vector<double> chances, double rate);

}  // namespace bitgate
