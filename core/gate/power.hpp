// What a number of samples can tell, before they are taken.
#pragma once

#include <cstddef>

namespace bitgate {

/// The share of runs in which so many samples of normal noise are judged to be beyond a limit that
/// their median is this many standard deviations (of one sample) beyond: of 2,000 that are
/// simulated from a fixed seed and judged as any other (side_of).
double chance_to_tell(std::size_t samples, double deviations);

}  // namespace bitgate
