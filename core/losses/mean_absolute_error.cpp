// MeanAbsoluteError.
#include "loss.h"

namespace sn {
namespace {

Lanes slab(const LossSlab& slab) {
  return mean_of_outputs(slab, [](Lanes y, Lanes t) {
    const Lanes error = y - t, one = broadcast<Lanes>(1.0f);
    return Term{magnitude(error), error > Lanes{} ? one : error < Lanes{} ? -one : Lanes{}};
  });
}

}  // namespace

extern const Loss kMeanAbsoluteError = {
    by_output(loss_of("MeanAbsoluteError", "mean_absolute_error|mae")), slab};

}  // namespace sn
