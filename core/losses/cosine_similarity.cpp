// CosineSimilarity: minus the cosine of the angle between outputs and targets.
#include "loss.h"

namespace sn {
namespace {

// 1 / |x|, at most 1 / Keras's epsilon.
Lanes inverse_length(Lanes squares) {
  Lanes inverse;
  for (int i = 0; i < kLanes; ++i) inverse[i] = 1.0f / __builtin_sqrtf(squares[i]);
  const Lanes most = broadcast<Lanes>(1.0f / kTiny);
  return inverse > most ? most : inverse;
}

Lanes slab(const LossSlab& slab) {
  Lanes squares = Lanes{}, wanted = Lanes{}, product = Lanes{};
  for (int c = 0; c < slab.task.outputs; ++c) {
    const Lanes t = slab.target(c), y = slab.y[c];
    squares += y * y;
    wanted += t * t;
    product += t * y;
  }
  const Lanes of_y = inverse_length(squares), of_t = inverse_length(wanted);
  const Lanes cosine = product * of_y * of_t;
  const Lanes turning = of_y < broadcast<Lanes>(1.0f / kTiny) ? cosine * of_y : Lanes{};
  for (int c = 0; slab.dy && c < slab.task.outputs; ++c) {
    slab.dy[c] = (slab.y[c] * turning - slab.target(c) * of_t) * of_y * slab.shares;
  }
  return -cosine;
}

}  // namespace

extern const Loss kCosineSimilarity = {
    loss_of("CosineSimilarity", "cosine_similarity|cosine_proximity"), slab};

}  // namespace sn
