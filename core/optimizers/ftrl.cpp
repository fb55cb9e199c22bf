// Ftrl: follow the regularized leader (McMahan et al. 2013).
#include "../elementary.h"
#include "optimizer.h"

namespace sn {
namespace {

struct Step {
  float rate, exponent, l1, l2, shrinkage;

  Step(const Node& given, const Moment& moment)
      : rate(moment.rate),
        exponent(-given.real("learning_rate_power")),
        l1(given.real("l1_regularization_strength")),
        l2(given.real("l2_regularization_strength")),
        shrinkage(2.0f * given.real("l2_shrinkage_regularization_strength")) {
    if (rate > 0) l2 += given.real("beta") / (2.0f * rate);
  }

  float raised(float x) const {
    if (exponent == 0.5f) return __builtin_sqrtf(x);
    if (exponent == 0.0f) return 1.0f;
    return x > 1.2e-38f ? exp(exponent * log(x)) : 0.0f;
  }

  void update(const Stretch& s) const {
    if (!(rate > 0)) return;
    float* __restrict sum = s.slot(0);
    float* __restrict linear = s.slot(1);
    for (int64_t i = 0; i < s.count; ++i) {
      const float gradient = s.g[i] * s.scale;
      const float more = sum[i] + gradient * gradient;
      const float root = raised(more);
      linear[i] += gradient + shrinkage * s.w[i] - (root - raised(sum[i])) / rate * s.w[i];
      sum[i] = more;
      const float quadratic = root / rate + 2.0f * l2;
      const float rest = clamp(linear[i], -l1, l1) - linear[i];
      s.w[i] = rest == 0 ? 0.0f : rest / quadratic;
    }
  }
};

constexpr auto kArguments = arguments(
    0, number("learning_rate_power", -0.5, -kAny, 0), number("initial_accumulator_value", 0.1, 0),
    number("l1_regularization_strength", 0, 0), number("l2_regularization_strength", 0, 0),
    number("l2_shrinkage_regularization_strength", 0, 0), number("beta", 0, 0));
constexpr auto kSlots =
    slots(slot("accumulator", nullptr, 0, "initial_accumulator_value"), slot("linear"));

}  // namespace

extern const Optimizer kFtrl = optimizer_of<Step>("Ftrl", 0.001, kArguments, kSlots);

}  // namespace sn
