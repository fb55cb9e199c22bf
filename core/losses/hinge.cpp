// Hinge: the mean of max(0, 1 - t y), t being -1 or 1.
#include "loss.h"

namespace sn {
namespace {

Lanes slab(const LossSlab& slab) {
  const Signs sign(slab);
  return mean_of_outputs(slab, [=](Lanes y, Lanes target) {
    const Lanes t = sign(target), gap = 1.0f - t * y;
    return Term{max(Lanes{}, gap), gap > Lanes{} ? -t : Lanes{}};
  });
}

}  // namespace

extern const Loss kHinge = {by_output(loss_of("Hinge", "hinge", SN_NONE, SN_EACH_OUTPUT)), slab,
                            false, 0.0f};

}  // namespace sn
