#include "gate/power.hpp"

#include <cmath>

#include "gate/three_way.hpp"
#include "measure/bootstrap.hpp"

namespace bitgate {
namespace {

constexpr int kRuns = 2000;
constexpr std::uint64_t kSeed = 20260101;

/// Standard normal numbers (Box and Muller).
class Normal {
 public:
  double next() {
    return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * 3.14159265358979 * uniform());
  }

 private:
  double uniform() { return (static_cast<double>(random_.next() >> 11) + 0.5) / 0x1p53; }

  Random random_{kSeed};
};

}  // namespace

double chance_to_tell(std::size_t samples, double deviations, std::uint64_t looks) {
  if (samples == 0) return 0;
  Requirement require;
  require.max = 0;
  Normal noise;
  int found = 0;
  for (int run = 0; run < kRuns; ++run) {
    Evidence evidence;
    Side side = Side::kOpen;
    for (std::uint64_t look = 1; look <= looks && side == Side::kOpen; ++look) {
      for (std::size_t i = 0; i < samples; ++i) {
        evidence.samples.push_back(deviations + noise.next());
      }
      const double error = kErrorRate * share_of_look(look, looks);
      side = side_of(evidence, require, {error, error});
    }
    found += side == Side::kBeyond ? 1 : 0;
  }
  return static_cast<double>(found) / kRuns;
}

}  // namespace bitgate
