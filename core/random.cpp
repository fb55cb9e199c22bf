// Distributions and elementary functions in float64, a product at a time.
#include "random.h"

namespace sn {

__attribute__((noinline)) double times(double a, double b) { return a * b; }

namespace {

constexpr double kLog2 = 0.693147180559945309417;
constexpr double kTurn = 6.283185307179586476925;

}  // namespace

// 2 artanh s of x = 2^n (1 + s) / (1 - s), |s| < 0.172
double log_of(double x) {
  const uint64_t bits = __builtin_bit_cast(uint64_t, x);
  int64_t exponent = static_cast<int64_t>(bits >> 52) - 1022;
  double m = __builtin_bit_cast(double, (bits & 0x000FFFFFFFFFFFFFu) | 0x3FE0000000000000u);
  if (m < 0.70710678118654752) m += m, --exponent;
  const double s = (m - 1) / (m + 1), z = times(s, s);
  double p = 1.0 / 17;
  for (int k = 15; k >= 1; k -= 2) p = times(p, z) + 1.0 / k;
  return times(static_cast<double>(exponent), kLog2) + times(2 * s, p);
}

double exp_of(double x) {
  const double shifted = times(x, 1 / kLog2);
  const int64_t n = static_cast<int64_t>(shifted < 0 ? shifted - 0.5 : shifted + 0.5);
  const double r = x - times(static_cast<double>(n), kLog2);
  double p = 1;
  for (int k = 13; k >= 1; --k) p = 1 + times(p, r) / k;
  return times(p, __builtin_bit_cast(double, static_cast<uint64_t>(n + 1023) << 52));
}

Direction direction_of(double turns) {
  const double quarters = turns * 4;
  const int64_t n = static_cast<int64_t>(quarters < 0 ? quarters - 0.5 : quarters + 0.5);
  const double x = times(turns - static_cast<double>(n) * 0.25, kTurn), z = times(x, x);
  double sine = 1, cosine = 1;
  for (int k = 16; k >= 2; k -= 2) {
    cosine = 1 - times(cosine, z) / (k * (k - 1));
    sine = 1 - times(sine, z) / (k * (k + 1));
  }
  sine = times(sine, x);
  switch (n & 3) {
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

// The logarithm of a number of the gamma distribution (Marsaglia and Tsang, "A simple method for
// generating gamma variables", 2000); below a shape of 1 by that of one more.
double Draws::log_gamma_draw(double shape) {
  double less = 0;
  if (shape < 1) {
    less = log_of(1 - uniform()) / shape;
    shape += 1;
  }
  const double d = shape - 1.0 / 3, c = 1 / __builtin_sqrt(9 * d);
  for (;;) {
    const double x = normal(), root = 1 + times(c, x);
    if (root <= 0) continue;
    const double v = times(times(root, root), root);
    const double most = times(times(x, x), 0.5) + d - times(d, v) + times(d, log_of(v));
    if (log_of(1 - uniform()) < most) return log_of(d) + log_of(v) + less;
  }
}

double Draws::beta(double alpha) {
  const double first = log_gamma_draw(alpha), difference = log_gamma_draw(alpha) - first;
  if (difference > 600) return 0;
  if (difference < -600) return 1;
  return 1 / (1 + exp_of(difference));
}

}  // namespace sn
