// Adamax (Kingma and Ba 2014, section 7.1): Adam with the infinity norm.
#include "optimizer.h"

namespace sn {
namespace {

struct Step {
  float rest_1, beta_2, epsilon, step;

  Step(const Node& given, const Moment& moment)
      : rest_1(1.0f - given.real("beta_1")),
        beta_2(given.real("beta_2")),
        epsilon(given.real("epsilon")) {
    const double first = power(static_cast<double>(given.real("beta_1")), moment.time);
    step = static_cast<float>(static_cast<double>(moment.rate) / (1 - first));
  }

  void update(const Stretch& s) const {
    float* __restrict m = s.slot(0);
    float* __restrict norm = s.slot(1);
    for (int64_t i = 0; i < s.count; ++i) {
      const float gradient = s.g[i] * s.scale;
      m[i] += (gradient - m[i]) * rest_1;
      norm[i] = max(beta_2 * norm[i], __builtin_fabsf(gradient));
      s.w[i] -= step * m[i] / (norm[i] + epsilon);
    }
  }
};

constexpr auto kArguments =
    arguments(0, fraction("beta_1", 0.9), fraction("beta_2", 0.999), kEpsilon);
constexpr auto kSlots = slots(slot("first_moment"), slot("infinity_norm"));

}  // namespace

extern const Optimizer kAdamax = optimizer_of<Step>("Adamax", 0.001, kArguments, kSlots);

}  // namespace sn
