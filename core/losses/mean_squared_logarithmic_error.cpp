// MeanSquaredLogarithmicError: the mean of (log(1 + y) - log(1 + t))^2, both at least Keras's epsilon.
#include "loss.h"

namespace sn {
namespace {

Lanes slab(const LossSlab& slab) {
  return mean_of_outputs(slab, [](Lanes y, Lanes t) {
    const Lanes least = broadcast<Lanes>(kTiny);
    const Lanes grown = max(least, y) + 1.0f;
    const Lanes error = log_of(grown) - log_of(max(least, t) + 1.0f);
    return Term{error * error, y < least ? Lanes{} : error * 2.0f / grown};
  });
}

}  // namespace

extern const Loss kMeanSquaredLogarithmicError = {
    by_output(loss_of("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error|msle")), slab};

}  // namespace sn
