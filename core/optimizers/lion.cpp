// Lion (Chen et al. 2023): the sign of an interpolated momentum.
#include "optimizer.h"

namespace sn {
namespace {

struct Step {
  float rate, beta_1, beta_2;

  Step(const Node& given, const Moment& moment)
      : rate(moment.rate), beta_1(given.real("beta_1")), beta_2(given.real("beta_2")) {}

  void update(const Stretch& s) const {
    float* __restrict momentum = s.slot(0);
    for (int64_t i = 0; i < s.count; ++i) {
      const float gradient = s.g[i] * s.scale;
      const float direction = momentum[i] * beta_1 + gradient * (1.0f - beta_1);
      s.w[i] -= direction > 0 ? rate : direction < 0 ? -rate : 0.0f;
      momentum[i] = momentum[i] * beta_2 + gradient * (1.0f - beta_2);
    }
  }
};

constexpr auto kArguments = arguments(0, fraction("beta_1", 0.9), fraction("beta_2", 0.99));
constexpr auto kSlots = slots(slot("momentum"));

}  // namespace

extern const Optimizer kLion = optimizer_of<Step>("Lion", 0.001, kArguments, kSlots);

}  // namespace sn
