// Adam (Kingma and Ba 2014) in the form of the last lines of its section 2, and AdamW (Loshchilov and
// Hutter 2019), which is the same with decoupled weight decay.
#include "optimizer.h"

namespace sn {
namespace {

struct Step {
  float rest_1, rest_2, epsilon, step;
  bool amsgrad;

  Step(const Node& given, const Moment& moment)
      : rest_1(1.0f - given.real("beta_1")),
        rest_2(1.0f - given.real("beta_2")),
        epsilon(given.real("epsilon")),
        amsgrad(given.flag("amsgrad")) {
    const double first = power(static_cast<double>(given.real("beta_1")), moment.time);
    const double second = power(static_cast<double>(given.real("beta_2")), moment.time);
    step = static_cast<float>(static_cast<double>(moment.rate) * __builtin_sqrt(1 - second) /
                              (1 - first));
  }

  void update(const Stretch& s) const {
    float* __restrict w = s.w;
    const float* __restrict g = s.g;
    float* __restrict m = s.slot(0);
    float* __restrict v = s.slot(1);
    const float scale = s.scale;
    if (amsgrad) return update_with_largest(s);
    for (int64_t i = 0; i < s.count; ++i) {
      const float gradient = g[i] * scale;
      m[i] += (gradient - m[i]) * rest_1;
      v[i] += (gradient * gradient - v[i]) * rest_2;
      w[i] -= step * m[i] / (__builtin_sqrtf(v[i]) + epsilon);
    }
  }

  void update_with_largest(const Stretch& s) const {
    float* __restrict m = s.slot(0);
    float* __restrict v = s.slot(1);
    float* __restrict largest = s.slot(2);
    for (int64_t i = 0; i < s.count; ++i) {
      const float gradient = s.g[i] * s.scale;
      m[i] += (gradient - m[i]) * rest_1;
      v[i] += (gradient * gradient - v[i]) * rest_2;
      largest[i] = max(largest[i], v[i]);
      s.w[i] -= step * m[i] / (__builtin_sqrtf(largest[i]) + epsilon);
    }
  }
};

constexpr auto arguments_of(double weight_decay) {
  return arguments(weight_decay, fraction("beta_1", 0.9), fraction("beta_2", 0.999), kEpsilon,
                   flag("amsgrad", false));
}
constexpr auto kArguments = arguments_of(0), kWithDecay = arguments_of(0.004);
constexpr auto kSlots =
    slots(slot("first_moment"), slot("second_moment"), slot("largest_second_moment", "amsgrad"));

}  // namespace

extern const Optimizer kAdam = optimizer_of<Step>("Adam", 0.001, kArguments, kSlots);
extern const Optimizer kAdamW = optimizer_of<Step>("AdamW", 0.001, kWithDecay, kSlots);

}  // namespace sn
