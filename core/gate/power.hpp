// What a number of samples can tell, before they are taken.
#pragma once

#include <cstddef>

namespace bitgate {

/// The chance that so many independent samples of normal noise tell that their median lies beyond a
/// limit that it is this many standard deviations (of one sample) beyond: that so many of them lie
/// beyond that a median within the limit does so in less than kErrorRate.
double chance_to_tell(std::size_t samples, double deviations);

}  // namespace bitgate
