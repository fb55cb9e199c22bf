// Constraints on a whole weight, with Keras 3's formulas.
#pragma once

#include "plan.h"

namespace sn {

// `sums` holds as many numbers as the weight, and is written over.
inline void constrain(const Constraint& constraint, const sn_weight& weight, float* w,
                      float* sums) {
  int64_t sides[4] = {1, 1, 1, 1}, steps[4] = {}, groups = 1;
  for (int32_t i = 0; i < weight.rank; ++i) sides[i] = weight.shape[i];
  const int64_t count = sides[0] * sides[1] * sides[2] * sides[3];
  if (constraint.kind == kNonNegative) {
    for (int64_t i = 0; i < count; ++i) w[i] = w[i] >= 0 ? w[i] : 0.0f;
  }
  if (constraint.kind != kNorm) return;
  // The norms lie one after the other; those of an axis they are taken along in the same place.
  for (int32_t i = weight.rank - 1; i >= 0; --i) {
    if (constraint.axes >> i & 1) continue;
    steps[i] = groups;
    groups *= sides[i];
  }
  const auto each = [&](auto work) {
    float* at = w;
    for (int64_t a = 0; a < sides[0]; ++a) {
      for (int64_t b = 0; b < sides[1]; ++b) {
        for (int64_t c = 0; c < sides[2]; ++c) {
          float* sum = sums + a * steps[0] + b * steps[1] + c * steps[2];
          for (int64_t d = 0; d < sides[3]; ++d) work(*at++, sum[d * steps[3]]);
        }
      }
    }
  };
  for (int64_t i = 0; i < groups; ++i) sums[i] = 0;
  each([](float value, float& sum) { sum += value * value; });
  for (int64_t i = 0; i < groups; ++i) {
    const float norm = __builtin_sqrtf(sums[i]);
    const float least = norm > constraint.least ? norm : constraint.least;
    const float wanted = least < constraint.most ? least : constraint.most;
    const float mixed = constraint.rate * wanted + (1.0f - constraint.rate) * norm;
    sums[i] = mixed / (norm + 1e-7f);  // Keras's epsilon
  }
  each([](float& value, float factor) { value *= factor; });
}

}  // namespace sn
