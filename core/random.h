// Random numbers by counting, and the few functions that make distributions of them: the same bits on
// every processor.
//
// Compilers here may fuse a product and a sum into one rounding, and do so where the processor can. So
// each product that is added to something passes through `times`, which is never inlined.
#pragma once

#include "order.h"

namespace sn {

double times(double a, double b);

double log_of(double x);  // x > 0
double exp_of(double x);  // |x| < 700
struct Direction {
  double cosine, sine;
};
Direction direction_of(double turns);  // exact for quarters of a turn

// The key of an image in an epoch of a training.
inline uint64_t image_key(uint64_t seed, uint64_t epoch, uint64_t image) {
  const uint64_t of_epoch = mix64(mix64(seed + kGolden) + epoch * kGolden + 0xA0761D6478BD642Fu);
  return mix64(of_epoch + (image + 1) * 0xD1B54A32D192ED03u);
}

// The numbers of one layer for one image, drawn one after the other.
class Draws {
 public:
  Draws(uint64_t image_key, int32_t layer)
      : key_(mix64(image_key + static_cast<uint64_t>(layer + 1) * kGolden)) {}

  uint64_t word() { return mix64(key_ + ++count_ * kGolden); }

  // 0 <= u < 1
  double uniform() { return static_cast<double>(word() >> 11) * 0x1p-53; }
  double between(double low, double high) { return low + times(high - low, uniform()); }

  // The standard normal distribution, by the sum of twelve numbers.
  double normal() {
    int64_t sum = 0;
    for (int i = 0; i < 3; ++i) {
      const uint64_t four = word();
      for (int k = 0; k < 4; ++k) sum += static_cast<int64_t>(four >> (16 * k) & 0xFFFF);
    }
    return static_cast<double>(sum - 6 * 65535) * 0x1p-16;
  }

  // Beta(alpha, alpha)
  double beta(double alpha);

 private:
  uint64_t key_, count_ = 0;

  double log_gamma_draw(double shape);
};

}  // namespace sn
