// Adadelta (Zeiler 2012).
#include "optimizer.h"

namespace sn {
namespace {

struct Step {
  float rate, rho, epsilon;

  Step(const Node& given, const Moment& moment)
      : rate(moment.rate), rho(given.real("rho")), epsilon(given.real("epsilon")) {}

  void update(const Stretch& s) const {
    float* __restrict gradients = s.slot(0);
    float* __restrict steps = s.slot(1);
    const float rest = 1.0f - rho;
    for (int64_t i = 0; i < s.count; ++i) {
      const float gradient = s.g[i] * s.scale;
      gradients[i] = gradients[i] * rho + gradient * gradient * rest;
      const float step =
          __builtin_sqrtf(steps[i] + epsilon) * gradient / __builtin_sqrtf(gradients[i] + epsilon);
      steps[i] = steps[i] * rho + step * step * rest;
      s.w[i] -= rate * step;
    }
  }
};

constexpr auto kArguments = arguments(0, fraction("rho", 0.95), kEpsilon);
constexpr auto kSlots = slots(slot("mean_square"), slot("mean_square_step"));

}  // namespace

extern const Optimizer kAdadelta = optimizer_of<Step>("Adadelta", 0.001, kArguments, kSlots);

}  // namespace sn
