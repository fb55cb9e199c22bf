// Adagrad (Duchi, Hazan and Singer 2011).
#include "optimizer.h"

namespace sn {
namespace {

struct Step {
  float rate, epsilon;

  Step(const Node& given, const Moment& moment)
      : rate(moment.rate), epsilon(given.real("epsilon")) {}

  void update(const Stretch& s) const {
    float* __restrict sum = s.slot(0);
    for (int64_t i = 0; i < s.count; ++i) {
      const float gradient = s.g[i] * s.scale;
      sum[i] += gradient * gradient;
      s.w[i] -= rate * gradient / __builtin_sqrtf(sum[i] + epsilon);
    }
  }
};

constexpr auto kArguments = arguments(0, number("initial_accumulator_value", 0.1, 0), kEpsilon);
constexpr auto kSlots = slots(slot("accumulator", nullptr, 0, "initial_accumulator_value"));

}  // namespace

extern const Optimizer kAdagrad = optimizer_of<Step>("Adagrad", 0.001, kArguments, kSlots);

}  // namespace sn
