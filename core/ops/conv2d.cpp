// Conv2D: small filters slid over an image. The arithmetic: kernels/conv2d.h, kernels/winograd.h.
#include "../kernels/conv2d.h"

#include "../kernels/single.h"
#include "../kernels/winograd_gradient.h"
#include "operator.h"

namespace sn {
namespace {

void forward(const Context<Lanes>& ctx, const Pass& pass) {
  if (by_winograd(ctx.op) && pass.winograd) {
    winograd_forward(ctx, pass.parameters, pass.packed);
  } else {
    conv2d_forward(ctx, pass.parameters, pass.packed);
  }
}

void weight_gradient(const Context<Lanes>& ctx, const Pass&) {
  by_winograd(ctx.op) ? winograd_kernel_gradient(ctx) : conv2d_kernel_gradient(ctx);
  conv2d_bias_gradient(ctx);
}

void backward(const Context<Lanes>& ctx, const Pass& pass) {
  if (by_winograd(ctx.op)) {
    winograd_input_gradient(ctx, pass.packed);
  } else {
    conv2d_input_gradient(ctx, pass.packed);
  }
}

constexpr Kernels kKernels = {forward, single_forward, backward, weight_gradient, pack_kernel};

bool add(Builder& builder, const Node& node) {
  if (!builder.needs_image(node)) return false;
  const Pair size = node.pair("kernel_size");
  const int32_t inputs = builder.input(node).shape.channels, filters = node.whole("filters");
  Window window;
  Shape out;
  if (!builder.fit_window(node, size, node.pair("strides"), node.choice("padding"), window, out))
    return false;
  out.channels = filters;
  Operation& op = builder.add(node, kKernels, out);
  op.window = window;
  op.wants_border = true;
  op.fan_in = size.height * size.width * inputs;
  op.winograd = builder.trains() && winograd_pays(op);
  op.packed_count = op.winograd ? winograd_packed(op) : int64_t{op.fan_in} * filters;
  op.scratch = op.winograd ? winograd_scratch(op) : 0;
  builder.add_kernel(node, op, "kernel", {size.height, size.width, inputs, filters}, 4,
                     node.real("kernel_regularizer"));
  if (node.flag("use_bias")) builder.add_bias(node, op, "bias", node.real("bias_regularizer"));
  return builder.activate(node, node.choice("activation"));
}

constexpr sn_attribute_info kAttributes[] = {required(whole("filters", 0, 1, kMostUnits)),
                                             kKernelSize,
                                             kStrides,
                                             kPadding,
                                             kActivation,
                                             kUseBias,
                                             l2("kernel_regularizer"),
                                             l2("bias_regularizer")};

}  // namespace

extern const Operator kConv2D = {row_of("Conv2D", kAttributes), add};

}  // namespace sn
