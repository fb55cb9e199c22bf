// What operators of several inputs of one shape share.
#pragma once

#include "operator.h"

namespace sn {

// False and a line if the inputs differ in more than their channels (in anything: `channels`).
inline bool same_shapes(Builder& builder, const Node& node, bool channels) {
  const Value& first = builder.input(node);
  for (int32_t k = 1; k < node.given.input_count; ++k) {
    const Value& other = builder.input(node, k);
    if (other.flat == first.flat && other.shape.height == first.shape.height &&
        other.shape.width == first.shape.width &&
        (!channels || other.shape.channels == first.shape.channels)) {
      continue;
    }
    node.line() << "its inputs differ: " << first.shape.height << "x" << first.shape.width << "x"
                << first.shape.channels << " and " << other.shape.height << "x" << other.shape.width
                << "x" << other.shape.channels;
    return false;
  }
  return true;
}

constexpr int kMostInputs = 256;

}  // namespace sn
