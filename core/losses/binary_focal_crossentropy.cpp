// BinaryFocalCrossentropy: the binary cross-entropy times (1 - p)^gamma, p the right answer's probability.
#include "loss.h"

namespace sn {
namespace {

constexpr sn_attribute_info kAttributes[] = {flag("apply_class_balancing", false),
                                             number("alpha", 0.25, 0, 1), number("gamma", 2, 0),
                                             kFromLogits, kLabelSmoothing};

Lanes slab(const LossSlab& slab) {
  const float* arguments = slab.task.arguments;
  const bool balanced = arguments[0] != 0.0f;
  const float alpha = arguments[1], gamma = arguments[2];
  return mean_of_outputs(slab, [=](Lanes z, Lanes t) {
    const Lanes yes = sigmoid_of(z), no = sigmoid_of(-z);
    const Lanes wrong = max(t * no + (1.0f - t) * yes, broadcast<Lanes>(1e-30f));
    const Lanes factor = power_of(wrong, gamma);
    const Lanes entropy = crossentropy_of_logit(z, t);
    // d wrong / dz = (1 - 2 t) p (1 - p)
    const Lanes turn = (1.0f - t * 2.0f) * yes * no * (factor / wrong) * gamma;
    const Lanes weight =
        balanced ? t * alpha + (1.0f - t) * (1.0f - alpha) : broadcast<Lanes>(1.0f);
    return Term{factor * entropy * weight, (turn * entropy + factor * (yes - t)) * weight};
  });
}

}  // namespace

extern const Loss kBinaryFocalCrossentropy = {
    by_output(loss_of("BinaryFocalCrossentropy", "binary_focal_crossentropy", kAttributes,
                      SN_SIGMOID, SN_EACH_OUTPUT, SN_FRACTIONS)),
    slab, true};

}  // namespace sn
