// Conv2D: small filters slid over an image. The arithmetic: kernels/conv2d.h, kernels/winograd.h.
#include "../kernels/conv2d.h"

#include "../kernels/banded_gradient.h"
#include "../kernels/outer_gradient.h"
#include "../kernels/single.h"
#include "../kernels/winograd_large_pack.h"
#include "../kernels/winograd_row_gradient.h"
#include "../kernels/winograd_row_pack.h"
#include "convolutions.h"

namespace sn {
namespace {

void forward(const Context<Lanes>& ctx, const Pass& pass) {
  if (by_winograd(ctx.op) && pass.winograd) {
    winograd_forward(ctx, pass.parameters, pass.packed);
  } else if (by_large(ctx.op) && pass.winograd) {
    large_forward(ctx, pass.parameters, pass.packed);
  } else if (by_row(ctx.op) && pass.winograd) {
    row_forward(ctx, pass.parameters, pass.packed);
  } else {
    conv2d_forward(ctx, pass.parameters, pass.packed, pass.rows);
  }
}

void weight_gradient(const Context<Lanes>& ctx, const Pass& pass) {
  if (by_winograd(ctx.op)) {
    winograd_kernel_gradient(ctx);
  } else if (by_large(ctx.op)) {
    large_kernel_gradient(ctx);
  } else if (by_row_gradient(ctx.op)) {
    row_kernel_gradient(ctx);
  } else if (kStreams && ctx.op.banded) {
    banded_kernel_gradient(ctx, pass.rows);
  } else if (kWinograd && ctx.op.outer) {
    outer_kernel_gradient(ctx, pass.rows);
  } else {
    conv2d_kernel_gradient(ctx);
  }
  if (pass.rows.ends(ctx.op.out.height)) conv2d_bias_gradient(ctx);
}

void backward(const Context<Lanes>& ctx, const Pass& pass) {
  if (by_winograd(ctx.op)) {
    winograd_input_gradient(ctx, pass.packed);
  } else if (by_large(ctx.op)) {
    large_input_gradient(ctx, pass.packed);
  } else if (by_row(ctx.op)) {
    row_input_gradient(ctx, pass.packed);
  } else {
    conv2d_input_gradient(ctx, pass.packed, pass.rows);
  }
}

void pack(const Operation& op, const float* kernel, float* packed, int64_t first, int64_t last,
          bool winograd) {
  by_large(op) && winograd ? pack_large(op, kernel, packed, first, last)
  : by_row(op) && winograd ? pack_row(op, kernel, packed, first, last)
                           : pack_kernel(op, kernel, packed, first, last, winograd);
}

constexpr Kernels kKernels = {.forward = forward,
                              .single = conv2d_single,
                              .backward = backward,
                              .weight_gradient = weight_gradient,
                              .pack = pack,
                              .single_parts = conv2d_single_parts};

bool add(Builder& builder, const Node& node) {
  if (!builder.needs_image(node) || !check_dilation(node)) return false;
  const Pair size = node.pair("kernel_size"), dilation = node.pair("dilation_rate");
  const int32_t inputs = builder.input(node).shape.channels, filters = node.whole("filters");
  const int32_t groups = node.whole("groups");
  if (inputs % groups || filters % groups) {
    node.line() << "its " << inputs << " channels and " << filters << " filters can't be in "
                << groups << " groups";
    return false;
  }
  Window window;
  Shape out;
  if (!builder.fit_window(node, size, node.pair("strides"), node.choice("padding"), window, out,
                          dilation))
    return false;
  out.channels = filters;
  const bool plain = groups == 1 && dilation.height == 1 && dilation.width == 1;
  Operation& op = builder.add(node, plain ? kKernels : kAnyConvolution, out);
  op.window = window;
  op.groups = groups;
  op.foldable = true;
  op.wants_border = plain;
  op.fan_in = size.height * size.width * (inputs / groups);
  op.winograd = plain && builder.trains() && winograd_pays(op);
  op.large = plain && builder.trains() && large_pays(op);
  op.row_gradient = plain && builder.trains() && row_gradient_pays(op);
  op.row = row_pays(op);
  op.stretches = op.winograd || op.large || op.row ? size.height * size.width : 1;
  op.packed_count = op.winograd ? winograd_packed(op)
                    : op.large  ? large_packed(op)
                    : op.row    ? row_packed(op)
                    : plain     ? int64_t{op.fan_in} * filters
                                : 0;
  op.banded = plain && builder.trains() && !op.row_gradient && banded_pays(op);
  op.outer = plain && builder.trains() && !op.banded && outer_pays(op);
  op.scratch = op.winograd       ? winograd_scratch(op)
               : op.large        ? large_scratch(op)
               : op.row_gradient ? row_scratch(op)
               : op.outer        ? outer_scratch(op)
                                 : 0;
  op.by_rows = op.outer || op.banded;
  op.kept = op.outer ? outer_kept(op) : op.banded ? banded_kept(op) : 0;
  builder.add_kernel(node, op, "kernel", {size.height, size.width, inputs / groups, filters}, 4,
                     node.real("kernel_regularizer"));
  if (node.flag("use_bias")) builder.add_bias(node, op, "bias", node.real("bias_regularizer"));
  return builder.activate(node, node.choice("activation"));
}

constexpr sn_attribute_info kAttributes[] = {required(whole("filters", 0, 1, kMostUnits)),
                                             kKernelSize,
                                             kStrides,
                                             kPadding,
                                             kDilation,
                                             whole("groups", 1, 1, kMostUnits),
                                             kActivation,
                                             kUseBias,
                                             l2("kernel_regularizer"),
                                             l2("bias_regularizer")};

}  // namespace

Operation& add_pointwise(Builder& builder, const Node& node, Shape out) {
  Operation& op = builder.append(node, kKernels, out);
  op.window = {1, 1, 1, 1, 0, 0};
  op.foldable = true;
  op.fan_in = op.in.channels;
  op.packed_count = int64_t{op.fan_in} * out.channels;
  return op;
}

extern const Operator kConv2D = {row_of("Conv2D", kAttributes), add};

}  // namespace sn
