// SeparableConv2D: filters for each channel, then a convolution of 1 x 1. Two operations of one node.
#include "convolutions.h"

namespace sn {
namespace {

bool add(Builder& builder, const Node& node) {
  if (!add_depthwise(builder, node)) return false;
  const Shape between = builder.made(node).shape;
  Operation& op =
      add_pointwise(builder, node, {between.height, between.width, node.whole("filters")});
  builder.add_kernel(node, op, "pointwise_kernel", {1, 1, between.channels, op.out.channels}, 4,
                     node.real("pointwise_regularizer"));
  if (node.flag("use_bias")) builder.add_bias(node, op, "bias", node.real("bias_regularizer"));
  return builder.activate(node, node.choice("activation"));
}

constexpr sn_attribute_info kAttributes[] = {required(whole("filters", 0, 1, kMostUnits)),
                                             kKernelSize,
                                             kStrides,
                                             kPadding,
                                             kDilation,
                                             whole("depth_multiplier", 1, 1, kMostUnits),
                                             kActivation,
                                             kUseBias,
                                             l2("depthwise_regularizer"),
                                             l2("pointwise_regularizer"),
                                             l2("bias_regularizer")};

}  // namespace

extern const Operator kSeparableConv2D = {row_of("SeparableConv2D", kAttributes), add};

}  // namespace sn
