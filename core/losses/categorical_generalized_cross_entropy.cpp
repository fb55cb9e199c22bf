// CategoricalGeneralizedCrossEntropy: (1 - p^q) / q, p the probability of what is wanted.
#include "loss.h"

namespace sn {
namespace {

constexpr sn_attribute_info kAttributes[] = {number("q", 0.5, 1e-6, kBelowOne)};

Lanes slab(const LossSlab& slab) {
  const float q = slab.task.arguments[0];
  const Probabilities p(slab);
  Lanes wanted = Lanes{};
  for (int c = 0; c < slab.task.outputs; ++c) wanted += slab.target(c) * p(c);
  const Lanes power = power_of(wanted, q);
  const Lanes slope = power / max(wanted, broadcast<Lanes>(1e-30f));
  softmax_gradient(slab, p, [&](int c) { return -slab.target(c) * p(c) * slope; });
  return (1.0f - power) * (1.0f / q);
}

}  // namespace

extern const Loss kCategoricalGeneralizedCrossEntropy = {
    loss_of("CategoricalGeneralizedCrossEntropy", "categorical_generalized_cross_entropy",
            kAttributes, SN_SOFTMAX, SN_LARGEST_OUTPUT, SN_DISTRIBUTIONS),
    slab};

}  // namespace sn
