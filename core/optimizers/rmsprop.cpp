// RMSprop (Hinton 2012), with momentum and centred.
#include "optimizer.h"

namespace sn {
namespace {

struct Step {
  float rate, rho, momentum, epsilon;
  bool centered;

  Step(const Node& given, const Moment& moment)
      : rate(moment.rate),
        rho(given.real("rho")),
        momentum(given.real("momentum")),
        epsilon(given.real("epsilon")),
        centered(given.flag("centered")) {}

  void update(const Stretch& s) const {
    float* __restrict w = s.w;
    const float* __restrict g = s.g;
    float* __restrict square = s.slot(0);
    float* __restrict velocity = s.slot(1);
    const float scale = s.scale, rest = 1.0f - rho;
    if (centered) return update_centered(s);
    for (int64_t i = 0; i < s.count; ++i) {
      const float gradient = g[i] * scale;
      square[i] = square[i] * rho + gradient * gradient * rest;
      const float step = rate * gradient / __builtin_sqrtf(square[i] + epsilon);
      if (momentum > 0) {
        velocity[i] = velocity[i] * momentum + step;
        w[i] -= velocity[i];
      } else {
        w[i] -= step;
      }
    }
  }

  void update_centered(const Stretch& s) const {
    float* __restrict square = s.slot(0);
    float* __restrict velocity = s.slot(1);
    float* __restrict mean = s.slot(momentum > 0 ? 2 : 1);
    const float rest = 1.0f - rho;
    for (int64_t i = 0; i < s.count; ++i) {
      const float gradient = s.g[i] * s.scale;
      square[i] = square[i] * rho + gradient * gradient * rest;
      mean[i] = mean[i] * rho + gradient * rest;
      const float variance = square[i] - mean[i] * mean[i];
      float step = rate * gradient / __builtin_sqrtf(variance + epsilon);
      if (momentum > 0) step = velocity[i] = velocity[i] * momentum + step;
      s.w[i] -= step;
    }
  }
};

constexpr auto kArguments =
    arguments(0, fraction("rho", 0.9), fraction("momentum", 0), kEpsilon, flag("centered", false));
constexpr auto kSlots =
    slots(slot("mean_square"), slot("momentum", "momentum"), slot("mean_gradient", "centered"));

}  // namespace

extern const Optimizer kRMSprop = optimizer_of<Step>("RMSprop", 0.001, kArguments, kSlots);

}  // namespace sn
