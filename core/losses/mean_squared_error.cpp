// MeanSquaredError.
#include "loss.h"

namespace sn {
namespace {

Lanes slab(const LossSlab& slab) {
  return mean_of_outputs(slab, [](Lanes y, Lanes t) {
    const Lanes error = y - t;
    return Term{error * error, error * 2.0f};
  });
}

}  // namespace

extern const Loss kMeanSquaredError = {
    by_output(loss_of("MeanSquaredError", "mean_squared_error|mse")), slab};

}  // namespace sn
