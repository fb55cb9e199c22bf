// Lamb (You et al. 2019): Adam's step, of each weight as long as the weight's norm.
#include "optimizer.h"

namespace sn {
namespace {

struct Step {
  float rate, rest_1, rest_2, epsilon, of_first, of_second;

  Step(const Node& given, const Moment& moment)
      : rate(moment.rate),
        rest_1(1.0f - given.real("beta_1")),
        rest_2(1.0f - given.real("beta_2")),
        epsilon(given.real("epsilon")) {
    const double first = power(static_cast<double>(given.real("beta_1")), moment.time);
    const double second = power(static_cast<double>(given.real("beta_2")), moment.time);
    of_first = static_cast<float>(1 / (1 - first));
    of_second = static_cast<float>(1 / (1 - second));
  }

  void update(const Stretch& s) const {
    float* __restrict direction = s.g;
    float* __restrict m = s.slot(0);
    float* __restrict v = s.slot(1);
    for (int64_t i = 0; i < s.count; ++i) {
      const float gradient = direction[i] * s.scale;
      m[i] += (gradient - m[i]) * rest_1;
      v[i] += (gradient * gradient - v[i]) * rest_2;
      direction[i] = m[i] * of_first / (__builtin_sqrtf(v[i] * of_second) + epsilon);
    }
    const double weight = squares_of(s.w, s.count), length = squares_of(direction, s.count);
    const double ratio = weight > 0 && length > 0 ? __builtin_sqrt(weight / length) : 1;
    const float step = static_cast<float>(ratio) * rate;
    for (int64_t i = 0; i < s.count; ++i) s.w[i] -= step * direction[i];
  }
};

constexpr auto kArguments =
    arguments(0, fraction("beta_1", 0.9), fraction("beta_2", 0.999), kEpsilon);
constexpr auto kSlots = slots(slot("first_moment"), slot("second_moment"));

}  // namespace

extern const Optimizer kLamb = optimizer_of<Step>("Lamb", 0.001, kArguments, kSlots, true);

}  // namespace sn
