// BinaryCrossentropy: each output is a yes or no of its own.
#include "loss.h"

namespace sn {
namespace {

constexpr sn_attribute_info kAttributes[] = {kFromLogits, kLabelSmoothing};

Lanes slab(const LossSlab& slab) {
  return mean_of_outputs(
      slab, [](Lanes z, Lanes t) { return Term{crossentropy_of_logit(z, t), sigmoid_of(z) - t}; });
}

}  // namespace

extern const Loss kBinaryCrossentropy = {
    by_output(loss_of("BinaryCrossentropy", "binary_crossentropy|bce", kAttributes, SN_SIGMOID,
                      SN_EACH_OUTPUT, SN_FRACTIONS)),
    slab, true};

}  // namespace sn
