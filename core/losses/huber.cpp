// Huber: half the squared error up to `delta`, then a straight line.
#include "loss.h"

namespace sn {
namespace {

constexpr sn_attribute_info kAttributes[] = {number("delta", 1, 0)};

Lanes slab(const LossSlab& slab) {
  const float delta = slab.task.arguments[0];
  return mean_of_outputs(slab, [=](Lanes y, Lanes t) {
    const Lanes error = y - t, size = magnitude(error);
    const IntLanes near = size <= broadcast<Lanes>(delta);
    const Lanes far = size * delta - 0.5f * delta * delta;
    return Term{near ? error * error * 0.5f : far, clamp(error, -delta, delta)};
  });
}

}  // namespace

extern const Loss kHuber = {by_output(loss_of("Huber", "huber|huber_loss", kAttributes)), slab};

}  // namespace sn
