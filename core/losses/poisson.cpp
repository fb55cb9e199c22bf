// Poisson: the mean of y - t log y.
#include "loss.h"

namespace sn {
namespace {

Lanes slab(const LossSlab& slab) {
  return mean_of_outputs(slab, [](Lanes y, Lanes t) {
    const Lanes above = y + kTiny;
    return Term{y - t * log_of(above), 1.0f - t / above};
  });
}

}  // namespace

extern const Loss kPoisson = {by_output(loss_of("Poisson", "poisson")), slab};

}  // namespace sn
