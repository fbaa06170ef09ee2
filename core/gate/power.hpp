// What a number of samples can tell, before they are taken.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bitgate {

/// The share of runs in which so many samples of normal noise are judged to be beyond a limit that
/// their median is this many standard deviations (of one sample) beyond: of 2,000 that are
/// simulated from a fixed seed and judged as any other (side_of). A run that can't tell takes as
/// many samples again, until it has looked `looks` times.
double chance_to_tell(std::size_t samples, double deviations, std::uint64_t looks = 1);

}  // namespace bitgate
