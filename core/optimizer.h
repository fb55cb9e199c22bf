// SGD, RMSprop and Adam on a stretch of parameters, with Keras 3's formulas.
#pragma once

#include "spritenet.h"

namespace sn {

struct Update {
  const sn_optimizer* optimizer;
  float rate;
  double first_power, second_power;  // beta_1^t, beta_2^t for Adam's t-th update
  float gradient_scale;              // what clipping leaves of the gradient
};

inline double power(double base, int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= base;
    base *= base;
  }
  return result;
}

inline int32_t slots_of(const sn_optimizer& optimizer) {
  switch (optimizer.kind) {
    case SN_ADAM:
      return 2;
    case SN_RMSPROP:
      return optimizer.momentum > 0 ? 2 : 1;
    default:
      return optimizer.momentum > 0 ? 1 : 0;
  }
}

// w, g and the slots are those of `count` neighbouring parameters.
inline void update_parameters(const Update& update, float* __restrict w, const float* __restrict g,
                              float* __restrict slot_a, float* __restrict slot_b, int64_t count) {
  const sn_optimizer& o = *update.optimizer;
  const float rate = update.rate, scale = update.gradient_scale;
  if (o.weight_decay > 0) {
    const float keep = 1.0f - rate * o.weight_decay;
    for (int64_t i = 0; i < count; ++i) w[i] *= keep;
  }
  if (o.kind == SN_ADAM) {
    const float rest_1 = 1.0f - o.beta_1, rest_2 = 1.0f - o.beta_2;
    const float step =
        static_cast<float>(static_cast<double>(rate) * __builtin_sqrt(1 - update.second_power) /
                           (1 - update.first_power));
    for (int64_t i = 0; i < count; ++i) {
      const float gradient = g[i] * scale;
      slot_a[i] += (gradient - slot_a[i]) * rest_1;
      slot_b[i] += (gradient * gradient - slot_b[i]) * rest_2;
      w[i] -= step * slot_a[i] / (__builtin_sqrtf(slot_b[i]) + o.epsilon);
    }
  } else if (o.kind == SN_RMSPROP) {
    const float rest = 1.0f - o.rho;
    for (int64_t i = 0; i < count; ++i) {
      const float gradient = g[i] * scale;
      slot_a[i] = slot_a[i] * o.rho + gradient * gradient * rest;
      const float step = rate * gradient / __builtin_sqrtf(slot_a[i] + o.epsilon);
      if (o.momentum > 0) {
        slot_b[i] = slot_b[i] * o.momentum + step;
        w[i] -= slot_b[i];
      } else {
        w[i] -= step;
      }
    }
  } else if (o.momentum > 0) {
    for (int64_t i = 0; i < count; ++i) {
      const float step = rate * g[i] * scale;
      slot_a[i] = slot_a[i] * o.momentum - step;
      w[i] += o.nesterov ? slot_a[i] * o.momentum - step : slot_a[i];
    }
  } else {
    for (int64_t i = 0; i < count; ++i) w[i] -= rate * (g[i] * scale);
  }
}

}  // namespace sn
