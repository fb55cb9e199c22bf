// The outputs of a slab, to the host: one row of numbers for each image.
#pragma once

#include "network.h"

namespace sn {

// `y`: the outputs, lane by lane, or with `logits` what the last operation, a softmax or sigmoid, would
// read. `to`: `count` rows.
void hand_out(const Plan& plan, bool logits, const Lanes* y, int count, float* to);

}  // namespace sn
