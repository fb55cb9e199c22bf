// CategoricalHinge: max(0, 1 + the largest (1 - t) y - the sum of t y).
#include "loss.h"

namespace sn {
namespace {

Lanes slab(const LossSlab& slab) {
  const Lanes* y = slab.y;
  Lanes wanted = Lanes{}, other = (1.0f - slab.target(0)) * y[0];
  IntLanes place = IntLanes{};
  for (int c = 0; c < slab.task.outputs; ++c) {
    const Lanes t = slab.target(c), rest = (1.0f - t) * y[c];
    wanted += t * y[c];
    place = rest > other ? IntLanes{} + c : place;
    other = rest > other ? rest : other;
  }
  const Lanes gap = other - wanted + 1.0f;
  for (int c = 0; slab.dy && c < slab.task.outputs; ++c) {
    const Lanes t = slab.target(c);
    const Lanes slope = (place == IntLanes{} + c ? 1.0f - t : Lanes{}) - t;
    slab.dy[c] = (gap > Lanes{} ? slope : Lanes{}) * slab.shares;
  }
  return max(Lanes{}, gap);
}

}  // namespace

extern const Loss kCategoricalHinge = {
    loss_of("CategoricalHinge", "categorical_hinge", SN_NONE, SN_LARGEST_OUTPUT), slab};

}  // namespace sn
