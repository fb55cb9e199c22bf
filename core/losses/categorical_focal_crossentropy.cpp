// CategoricalFocalCrossentropy: sum -t alpha (1 - p)^gamma log p.
#include "loss.h"

namespace sn {
namespace {

constexpr sn_attribute_info kAttributes[] = {number("alpha", 0.25, 0), number("gamma", 2, 0),
                                             kFromLogits, kLabelSmoothing};

Lanes slab(const LossSlab& slab) {
  const float alpha = slab.task.arguments[0], gamma = slab.task.arguments[1];
  const Probabilities p(slab);
  const Lanes least = broadcast<Lanes>(1e-30f);
  Lanes loss = Lanes{};
  for (int c = 0; c < slab.task.outputs; ++c) {
    loss -= slab.target(c) * alpha * power_of(1.0f - p(c), gamma) * p.logarithm(c);
  }
  softmax_gradient(slab, p, [&](int c) {
    const Lanes wrong = max(1.0f - p(c), least);
    const Lanes factor = power_of(wrong, gamma);
    return slab.target(c) * alpha * (factor / wrong * gamma * p(c) * p.logarithm(c) - factor);
  });
  return loss;
}

}  // namespace

extern const Loss kCategoricalFocalCrossentropy = {
    loss_of("CategoricalFocalCrossentropy", "categorical_focal_crossentropy", kAttributes,
            SN_SOFTMAX, SN_LARGEST_OUTPUT, SN_DISTRIBUTIONS),
    slab};

}  // namespace sn
