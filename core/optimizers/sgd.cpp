// SGD, with momentum and Nesterov's.
#include "optimizer.h"

namespace sn {
namespace {

struct Step {
  float rate, momentum;
  bool nesterov;

  Step(const Node& given, const Moment& moment)
      : rate(moment.rate), momentum(given.real("momentum")), nesterov(given.flag("nesterov")) {}

  void update(const Stretch& s) const {
    float* __restrict w = s.w;
    const float* __restrict g = s.g;
    const float scale = s.scale;
    if (momentum > 0) {
      float* __restrict velocity = s.slot(0);
      for (int64_t i = 0; i < s.count; ++i) {
        const float step = rate * g[i] * scale;
        velocity[i] = velocity[i] * momentum - step;
        w[i] += nesterov ? velocity[i] * momentum - step : velocity[i];
      }
    } else {
      for (int64_t i = 0; i < s.count; ++i) w[i] -= rate * (g[i] * scale);
    }
  }
};

constexpr auto kArguments = arguments(0, fraction("momentum", 0), flag("nesterov", false));
constexpr auto kSlots = slots(slot("momentum", "momentum"));

}  // namespace

extern const Optimizer kSGD = optimizer_of<Step>("SGD", 0.01, kArguments, kSlots);

}  // namespace sn
