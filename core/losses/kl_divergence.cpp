// KLDivergence: sum t log(t / p). After a softmax p is never rounded; else it is at least Keras's epsilon.
#include "loss.h"

namespace sn {
namespace {

Lanes after_softmax(const LossSlab& slab) {
  const Probabilities p(slab);
  Lanes loss = Lanes{};
  for (int c = 0; c < slab.task.outputs; ++c) {
    const Lanes t = clamp(slab.target(c), kTiny, 1.0f);
    loss += t * (log_of(t) - p.logarithm(c));
  }
  softmax_gradient(slab, p, [&](int c) { return -clamp(slab.target(c), kTiny, 1.0f); });
  return loss;
}

Lanes slab(const LossSlab& slab) {
  if (slab.task.from_logits) return after_softmax(slab);
  Lanes loss = Lanes{};
  for (int c = 0; c < slab.task.outputs; ++c) {
    const Lanes y = slab.y[c], t = clamp(slab.target(c), kTiny, 1.0f);
    const Lanes p = clamp(y, kTiny, 1.0f);
    loss += t * (log_of(t) - log_of(p));
    if (slab.dy) slab.dy[c] = (p == y ? -t / p : Lanes{}) * slab.shares;
  }
  return loss;
}

}  // namespace

extern const Loss kKLDivergence = {
    loss_of("KLDivergence", "kl_divergence|kld|kullback_leibler_divergence", SN_SOFTMAX_OR_OTHER,
            SN_LARGEST_OUTPUT, SN_DISTRIBUTIONS),
    slab};

}  // namespace sn
