// Tversky: 1 - common / (common + alpha false positives + beta false negatives), of an image's outputs.
#include "loss.h"

namespace sn {
namespace {

constexpr sn_attribute_info kAttributes[] = {number("alpha", 0.5, 0), number("beta", 0.5, 0)};

Lanes slab(const LossSlab& slab) {
  const float alpha = slab.task.arguments[0], beta = slab.task.arguments[1];
  Lanes common = broadcast<Lanes>(kTiny), whole = broadcast<Lanes>(kTiny);
  for (int c = 0; c < slab.task.outputs; ++c) {
    const Lanes t = slab.target(c), y = slab.y[c];
    common += t * y;
    whole += t * y + (1.0f - t) * y * alpha + t * (1.0f - y) * beta;
  }
  const Lanes index = common / whole;
  for (int c = 0; slab.dy && c < slab.task.outputs; ++c) {
    const Lanes t = slab.target(c);
    const Lanes grown = t + (1.0f - t) * alpha - t * beta;  // d whole / dy
    slab.dy[c] = (index * grown - t) / whole * slab.shares;
  }
  return 1.0f - index;
}

}  // namespace

extern const Loss kTversky = {loss_of("Tversky", "tversky", kAttributes), slab};

}  // namespace sn
