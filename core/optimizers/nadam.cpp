// Nadam (Dozat 2015): Adam with Nesterov's momentum, whose schedule multiplies up over the steps.
#include "optimizer.h"

namespace sn {
namespace {

struct Step {
  float rest_1, rest_2, epsilon, of_moment, of_gradient, correction, product;

  Step(const Node& given, const Moment& moment)
      : rest_1(1.0f - given.real("beta_1")),
        rest_2(1.0f - given.real("beta_2")),
        epsilon(given.real("epsilon")) {
    const double beta_1 = static_cast<double>(given.real("beta_1"));
    const double now = beta_1 * (1 - 0.5 * power(0.96, moment.time));
    const double next = beta_1 * (1 - 0.5 * power(0.96, moment.time + 1));
    const double second = power(static_cast<double>(given.real("beta_2")), moment.time);
    const double rate = static_cast<double>(moment.rate);
    const double so_far = static_cast<double>(moment.scalar(2)) * now;
    product = static_cast<float>(so_far);
    of_moment = static_cast<float>(rate * next / (1 - so_far * next));
    of_gradient = static_cast<float>(rate * (1 - now) / (1 - so_far));
    correction = static_cast<float>(1 / (1 - second));
  }

  void update(const Stretch& s) const {
    float* __restrict m = s.slot(0);
    float* __restrict v = s.slot(1);
    for (int64_t i = 0; i < s.count; ++i) {
      const float gradient = s.g[i] * s.scale;
      m[i] += (gradient - m[i]) * rest_1;
      v[i] += (gradient * gradient - v[i]) * rest_2;
      const float step = of_moment * m[i] + of_gradient * gradient;
      s.w[i] -= step / (__builtin_sqrtf(v[i] * correction) + epsilon);
    }
  }

  void finish(float* slots, int64_t stride) const { slots[2 * stride] = product; }
};

constexpr auto kArguments =
    arguments(0, fraction("beta_1", 0.9), fraction("beta_2", 0.999), kEpsilon);
constexpr auto kSlots =
    slots(slot("first_moment"), slot("second_moment"), scalar("momentum_product", 1));

}  // namespace

extern const Optimizer kNadam = optimizer_of<Step>("Nadam", 0.001, kArguments, kSlots);

}  // namespace sn
