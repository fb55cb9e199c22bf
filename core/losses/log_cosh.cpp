// LogCosh: the mean of log(cosh(y - t)).
#include "loss.h"

namespace sn {
namespace {

Lanes slab(const LossSlab& slab) {
  return mean_of_outputs(slab, [](Lanes y, Lanes t) {
    const Lanes error = y - t, size = magnitude(error);
    // Near 0 the logarithm would cancel: x^2/2 - x^4/12 + x^6/45.
    const Lanes square = error * error;
    const Lanes small = square * (0.5f - square * (0.083333333f - square * 0.022222222f));
    const Lanes large = size + log_of(exp_of(size * -2.0f) + 1.0f) - 0.693147181f;
    return Term{size < broadcast<Lanes>(0.2f) ? small : large, tanh(error)};
  });
}

}  // namespace

extern const Loss kLogCosh = {by_output(loss_of("LogCosh", "log_cosh")), slab};

}  // namespace sn
