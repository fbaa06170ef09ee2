#include "rope_table.hpp"

#include <cmath>
#include <map>
#include <mutex>
#include <tuple>

namespace cpu_simd {
namespace {

constexpr double kLn2 = 0x1.62e42fefa39efp-1;

/// ln(x) of x > 0, by the series of artanh after x = m 2^e, m in [sqrt(1/2), sqrt(2)).
double logarithm(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  if (m < 0x1.6a09e667f3bcdp-1) {
    m *= 2;
    --exponent;
  }
  const double z = (m - 1) / (m + 1);
  double sum = 0;
  for (int k = 27; k > 0; k -= 2) sum = sum * (z * z) + 1.0 / k;
  return 2 * z * sum + exponent * kLn2;
}

/// e^x, by its series after x = n ln 2 + r.
double exponential(double x) {
  const double n = std::nearbyint(x / kLn2);
  const double r = x - n * kLn2;
  double sum = 1;
  for (int k = 15; k > 0; --k) sum = sum * r / k + 1;
  return std::ldexp(sum, static_cast<int>(n));
}

struct Turn {
  double cosine;
  double sine;
};

/// By their series after angle = n pi/2 + r, |r| <= pi/4. Angles of positions are no more than some
/// millions, which leaves r right to 2^-50.
Turn turn(double angle) {
  constexpr double kHigh = 0x1.921fb544p0;  // pi/2, whose products with n are exact
  constexpr double kLow = 0x1.0b4611a626331p-34;
  const double n = std::nearbyint(angle / (kHigh + kLow));
  const double r = (angle - n * kHigh) - n * kLow;
  double cosine = 1;
  double sine = 1;
  for (int k = 18; k > 0; k -= 2) cosine = 1 - cosine * (r * r) / (k * (k - 1));
  for (int k = 19; k > 1; k -= 2) sine = 1 - sine * (r * r) / (k * (k - 1));
  sine *= r;
  switch (static_cast<long long>(n) & 3) {
    case 0:
      return {cosine, sine};
    case 1:
      return {-sine, cosine};
    case 2:
      return {-cosine, -sine};
    default:
      return {sine, -cosine};
  }
}

}  // namespace

RopeTable::RopeTable(double base, std::size_t half, std::size_t context)
    : half_(half), values_(2 * half * context) {
  const double log_base = logarithm(base);
  for (std::size_t j = 0; j < half; ++j) {
    const double frequency =
        exponential(-log_base * static_cast<double>(j) / static_cast<double>(half));
    for (std::size_t position = 0; position < context; ++position) {
      const Turn turned = turn(static_cast<double>(position) * frequency);
      values_[2 * position * half + j] = static_cast<float>(turned.cosine);
      values_[(2 * position + 1) * half + j] = static_cast<float>(turned.sine);
    }
  }
}

std::shared_ptr<const RopeTable> rope_table(double base, std::size_t half, std::size_t context) {
  static std::mutex mutex;
  static std::map<std::tuple<double, std::size_t, std::size_t>, std::weak_ptr<const RopeTable>>
      tables;
  const std::scoped_lock lock(mutex);
  std::weak_ptr<const RopeTable>& known = tables[{base, half, context}];
  std::shared_ptr<const RopeTable> table = known.lock();
  if (!table) known = table = std::make_shared<RopeTable>(base, half, context);
  return table;
}

}  // namespace cpu_simd
