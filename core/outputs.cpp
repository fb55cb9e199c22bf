// Rows of outputs. Where the loss took the last operation's place, it is done here, image by image.
#include "outputs.h"

namespace sn {

void hand_out(const Plan& plan, bool logits, const Lanes* y, int count, float* to) {
  const Operation& last = plan.operations[plan.operation_count - 1];
  for (int i = 0; i < count; ++i, to += plan.outputs) {
    for (int c = 0; c < plan.outputs; ++c) to[c] = y[c][i];
    if (!logits) continue;
    if (plan.final_activation == kSigmoid) activate_row(to, plan.outputs, kSigmoid, 0.0f);
    const int channels = last.in.channels;
    for (int c = 0; plan.final_activation == kSoftmax && c < plan.outputs; c += channels) {
      softmax_values(to + c, channels);
    }
  }
}

}  // namespace sn
