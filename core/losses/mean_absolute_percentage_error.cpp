// MeanAbsolutePercentageError: the mean of 100 |y - t| / |t|.
#include "loss.h"

namespace sn {
namespace {

Lanes slab(const LossSlab& slab) {
  return mean_of_outputs(slab, [](Lanes y, Lanes t) {
    const Lanes size = magnitude(t), least = broadcast<Lanes>(kTiny);
    const Lanes scale = broadcast<Lanes>(100.0f) / (size > least ? size : least);
    const Lanes error = y - t;
    return Term{magnitude(error) * scale, error > Lanes{}   ? scale
                                          : error < Lanes{} ? -scale
                                                            : Lanes{}};
  });
}

}  // namespace

extern const Loss kMeanAbsolutePercentageError = {
    by_output(loss_of("MeanAbsolutePercentageError", "mean_absolute_percentage_error|mape")), slab};

}  // namespace sn
