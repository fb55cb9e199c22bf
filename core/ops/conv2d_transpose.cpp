// Conv2DTranspose: the gradient of a convolution as a layer. Kernel [ky][kx][filter][channel].
#include "../kernels/correlation.h"
#include "convolutions.h"

namespace sn {
namespace {

// Its output is the large image.
template <class T>
Correlation task_of(const Context<T>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  return {op.out, op.in, op.window, 1, pass.parameters + op.kernel};
}

template <class T>
void forward(const Context<T>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const float* bias = op.bias >= 0 ? pass.parameters + op.bias : nullptr;
  for (int row = 0; row < op.out.height; ++row) {
    correlation::spread(task_of(ctx, pass), ctx.x(), row, bias, ctx.y().row(row));
    activate_row(ctx.y().row(row), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void backward(const Context<Lanes>& ctx, const Pass& pass) {
  for (int row = 0; row < ctx.op.in.height; ++row) {
    correlation::correlate(task_of(ctx, pass), ctx.dy(), row, nullptr, ctx.slab.scratch);
    backward_row(ctx.dx().row(row), ctx.x().row(row), ctx.slab.scratch, ctx.in_row(),
                 ctx.in.activation, ctx.in.alpha);
  }
}

void weight_gradient(const Context<Lanes>& ctx, const Pass& pass) {
  float* gradient = ctx.slab.gradients + ctx.op.slab_gradient;
  correlation::kernel_gradient(task_of(ctx, pass), ctx.dy(), ctx.x(), gradient);
  if (ctx.op.bias >= 0) bias_gradient_of(ctx, gradient + int64_t{ctx.op.fan_in} * ctx.op.units);
}

constexpr Kernels kKernels = {forward<Lanes>, seldom(forward<float>), backward, weight_gradient};

// One direction of TensorFlow's arithmetic: the output's size, and what padding takes off before it.
bool fit(const Node& node, int32_t in, int32_t size, int32_t stride, int32_t more, bool same,
         int32_t& out, int32_t& before) {
  if (same) {
    out = more < 0 ? in * stride : (in - 1) * stride + size % 2 + more;
  } else {
    out = (in - 1) * stride + size + (more >= 0 ? more : size < stride ? stride - size : 0);
  }
  if (more >= stride) return node.refuse("output_padding must be less than strides");
  if (same && ceil_div(out, stride) != in) return node.refuse("output_padding doesn't fit");
  const int32_t over = (in - 1) * stride + size - out;
  before = same && over > 0 ? over / 2 : 0;
  return true;
}

bool add(Builder& builder, const Node& node) {
  if (!builder.needs_image(node)) return false;
  const Shape in = builder.input(node).shape;
  const Pair size = node.pair("kernel_size"), strides = node.pair("strides");
  const Pair dilation = node.pair("dilation_rate");
  if (!check_dilation(node)) return false;
  const bool same = node.choice("padding") == kSame, given = node.has("output_padding");
  Window window = {size.height, size.width, strides.height,  strides.width,
                   0,           0,          dilation.height, dilation.width};
  Shape out{0, 0, node.whole("filters")};
  const int32_t height = (size.height - 1) * dilation.height + 1;
  const int32_t width = (size.width - 1) * dilation.width + 1;
  if (!fit(node, in.height, height, strides.height, given ? node.whole("output_padding", 0) : -1,
           same, out.height, window.pad_top) ||
      !fit(node, in.width, width, strides.width, given ? node.whole("output_padding", 1) : -1, same,
           out.width, window.pad_left)) {
    return false;
  }
  if (out.size() > (1 << 30)) return node.refuse("its output is too large");
  Operation& op = builder.add(node, kKernels, out);
  op.window = window;
  op.fan_in = size.height * size.width * in.channels;
  // Its rows are input channels; as many numbers as `fan_in` rows of filters.
  builder.add_kernel(node, op, "kernel", {size.height, size.width, out.channels, in.channels}, 4,
                     node.real("kernel_regularizer"));
  if (node.flag("use_bias")) builder.add_bias(node, op, "bias", node.real("bias_regularizer"));
  return builder.activate(node, node.choice("activation"));
}

constexpr sn_attribute_info kAttributes[] = {required(whole("filters", 0, 1, kMostUnits)),
                                             kKernelSize,
                                             kStrides,
                                             kPadding,
                                             whole("output_padding", 0, 0, kMaxSide, 2),
                                             kDilation,
                                             kActivation,
                                             kUseBias,
                                             l2("kernel_regularizer"),
                                             l2("bias_regularizer")};

}  // namespace

extern const Operator kConv2DTranspose = {row_of("Conv2DTranspose", kAttributes), add};

}  // namespace sn
