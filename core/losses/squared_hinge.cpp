// SquaredHinge: the mean of max(0, 1 - t y)^2, t being -1 or 1.
#include "loss.h"

namespace sn {
namespace {

Lanes slab(const LossSlab& slab) {
  const Signs sign(slab);
  return mean_of_outputs(slab, [=](Lanes y, Lanes target) {
    const Lanes t = sign(target), gap = max(Lanes{}, 1.0f - t * y);
    return Term{gap * gap, t * gap * -2.0f};
  });
}

}  // namespace

extern const Loss kSquaredHinge = {
    by_output(loss_of("SquaredHinge", "squared_hinge", SN_NONE, SN_EACH_OUTPUT)), slab, false,
    0.0f};

}  // namespace sn
