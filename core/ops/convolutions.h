// Code that convolving operators share.
#pragma once

#include "operator.h"

namespace sn {

// A depthwise convolution with the node's arguments, and its kernel; neither bias nor activation.
bool add_depthwise(Builder& builder, const Node& node);

// A convolution of 1 x 1 on what the node has made so far; its weights are the caller's.
Operation& add_pointwise(Builder& builder, const Node& node, Shape out);

// Any dilation and groups; slower than those of Conv2D and DepthwiseConv2D.
extern const Kernels kAnyConvolution;

// False and a line where windows would be both strided and dilated, as in TensorFlow.
inline bool check_dilation(const Node& node) {
  const Pair strides = node.pair("strides"), dilation = node.pair("dilation_rate");
  if ((strides.height == 1 && strides.width == 1) || (dilation.height == 1 && dilation.width == 1))
    return true;
  return node.refuse("strides and dilation_rate can't both be more than 1");
}

}  // namespace sn
