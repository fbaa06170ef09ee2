#include "gate/power.hpp"

#include <cmath>

#include "gate/three_way.hpp"
#include "measure/statistics.hpp"

namespace bitgate {

double chance_to_tell(std::size_t samples, double deviations) {
  if (sign_tail(samples, samples) > kErrorRate) return 0;
  std::size_t enough = samples;  // beyond the limit, of the samples
  while (enough > 0 && sign_tail(enough - 1, samples) <= kErrorRate) --enough;
  const double beyond = std::erfc(-deviations / std::sqrt(2.0)) / 2;
  if (beyond >= 1) return 1;
  const auto n = static_cast<double>(samples);
  double chance = 0;
  for (std::size_t count = enough; count <= samples; ++count) {
    const auto k = static_cast<double>(count);
    chance += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) +
                       k * std::log(beyond) + (n - k) * std::log1p(-beyond));
  }
  return chance < 1 ? chance : 1;
}

}  // namespace bitgate
