// Dice: 1 - 2 (sum of t y) / (sum of t + sum of y), over the outputs of an image.
#include "loss.h"

namespace sn {
namespace {

Lanes slab(const LossSlab& slab) {
  Lanes common = Lanes{}, whole = broadcast<Lanes>(kTiny);
  for (int c = 0; c < slab.task.outputs; ++c) {
    const Lanes t = slab.target(c);
    common += t * slab.y[c];
    whole += t + slab.y[c];
  }
  const Lanes overlap = (common * 2.0f + kTiny) / whole;
  for (int c = 0; slab.dy && c < slab.task.outputs; ++c) {
    slab.dy[c] = (overlap - slab.target(c) * 2.0f) / whole * slab.shares;
  }
  return 1.0f - overlap;
}

}  // namespace

extern const Loss kDice = {loss_of("Dice", "dice"), slab};

}  // namespace sn
