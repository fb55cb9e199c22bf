// DepthwiseConv2D: each channel has filters of its own. Kernel [ky][kx][channel][filter].
//
// A filter reads one channel, so there is no sum over channels to keep in registers; positions are kept
// there instead. The input's border of zeros is part of its memory, as for Conv2D.
#include "convolutions.h"

namespace sn {
namespace {

constexpr int kPositions = 6;  // as many sums as hide an addition's latency, in 16 registers
#if defined(__wasm__)
constexpr int kTaps = 3;  // there a small download counts for more
#else
constexpr int kTaps = 9;
#endif

int32_t multiplier(const Operation& op) { return op.out.channels / op.in.channels; }

// P neighbouring positions of one filter; their sums stay in registers for all taps.
template <int P>
void outputs_of(const Context<Lanes>& ctx, const Lanes* x, const float* kernel, float bias,
                Lanes* y) {
  const Operation& op = ctx.op;
  const int64_t inputs = op.in.channels, outputs = op.out.channels, row = ctx.x().stride;
  const int64_t step = op.window.stride_width * inputs;
  Lanes sum[P];
  for (int p = 0; p < P; ++p) sum[p] = broadcast<Lanes>(bias);
  for (int ky = 0; ky < op.window.height; ++ky) {
    for (int kx = 0; kx < op.window.width; ++kx, kernel += outputs) {
      const Lanes weight = broadcast<Lanes>(*kernel);
      const Lanes* from = x + ky * row + kx * inputs;
      for (int p = 0; p < P; ++p) sum[p] += from[p * step] * weight;
    }
  }
  for (int p = 0; p < P; ++p) y[p * outputs] = sum[p];
}

void forward(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int64_t inputs = op.in.channels, outputs = op.out.channels;
  const int each = multiplier(op);
  for (int row = 0; row < op.out.height; ++row) {
    const Lanes* x = ctx.x().row(int64_t{row} * w.stride_height - w.pad_top) - w.pad_left * inputs;
    Lanes* y = ctx.y().row(row);
    for (int column = 0; column < op.out.width;) {
      const bool many = column + kPositions <= op.out.width;
      for (int c = 0; c < outputs; ++c) {
        const Lanes* from = x + column * w.stride_width * inputs + c / each;
        const float* kernel = pass.parameters + op.kernel + c;
        const float bias = op.bias >= 0 ? pass.parameters[op.bias + c] : 0.0f;
        Lanes* to = y + column * outputs + c;
        many ? outputs_of<kPositions>(ctx, from, kernel, bias, to)
             : outputs_of<1>(ctx, from, kernel, bias, to);
      }
      column += many ? kPositions : 1;
    }
    activate_row(y, ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

// The gradient of P neighbouring inputs of one channel, for P > 1 only where all taps are inside.
template <int P>
void inputs_of(const Context<Lanes>& ctx, const float* kernel, int iy, int ix, int channel,
               Lanes* to) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int each = multiplier(op);
  const int64_t outputs = op.out.channels;
  Lanes sum[P] = {};
  for (int ky = (iy + w.pad_top) % w.stride_height; ky < w.height; ky += w.stride_height) {
    const int row = (iy + w.pad_top - ky) / w.stride_height;
    if (iy + w.pad_top < ky || row >= op.out.height) continue;
    for (int kx = (ix + w.pad_left) % w.stride_width; kx < w.width; kx += w.stride_width) {
      const int column = (ix + w.pad_left - kx) / w.stride_width;
      if (ix + w.pad_left < kx || column >= op.out.width) continue;
      const float* weights = kernel + (int64_t{ky} * w.width + kx) * outputs + channel * each;
      const Lanes* from = ctx.dy().row(row) + column * outputs + channel * each;
      for (int m = 0; m < each; ++m) {
        const Lanes weight = broadcast<Lanes>(weights[m]);
        for (int p = 0; p < P; ++p) sum[p] += from[p * outputs + m] * weight;
      }
    }
  }
  for (int p = 0; p < P; ++p) to[p * op.in.channels] = sum[p];
}

void backward(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const float* kernel = pass.parameters + op.kernel;
  Lanes* scratch = ctx.slab.scratch;
  for (int iy = 0; iy < op.in.height; ++iy) {
    for (int ix = 0; ix < op.in.width;) {
      const bool many = w.stride_width == 1 && ix + w.pad_left >= w.width - 1 &&
                        ix + w.pad_left + kPositions <= op.out.width &&
                        ix + kPositions <= op.in.width;
      for (int c = 0; c < op.in.channels; ++c) {
        Lanes* to = scratch + int64_t{ix} * op.in.channels + c;
        many ? inputs_of<kPositions>(ctx, kernel, iy, ix, c, to)
             : inputs_of<1>(ctx, kernel, iy, ix, c, to);
      }
      ix += many ? kPositions : 1;
    }
    backward_row(ctx.dx().row(iy), ctx.x().row(iy), scratch, ctx.in_row(), ctx.in.activation,
                 ctx.in.alpha);
  }
}

// Taps first ... first + T - 1 of one filter: their sums stay in registers for all positions.
template <int T>
void taps_of(const Context<Lanes>& ctx, const Lanes* x, const Lanes* dy, int first,
             float* gradient) {
  const Operation& op = ctx.op;
  const int64_t inputs = op.in.channels, outputs = op.out.channels;
  const int64_t step = op.window.stride_width * inputs;
  int64_t place[T];
  for (int t = 0; t < T; ++t) {
    place[t] =
        (first + t) / op.window.width * ctx.x().stride + (first + t) % op.window.width * inputs;
  }
  Lanes sum[T] = {};
  for (int row = 0; row < op.out.height; ++row) {
    const Lanes* from = x + row * op.window.stride_height * ctx.x().stride;
    const Lanes* by = dy + row * ctx.dy().stride;
    for (int column = 0; column < op.out.width; ++column, from += step, by += outputs) {
      const Lanes d = *by;
      for (int t = 0; t < T; ++t) sum[t] += from[place[t]] * d;
    }
  }
  for (int t = 0; t < T; ++t) gradient[(first + t) * outputs] = sum_of(sum[t]);
}

template <int T>
void taps_left(const Context<Lanes>& ctx, const Lanes* x, const Lanes* dy, int first, int count,
               float* gradient) {
  if constexpr (T >= 1) {
    if (count == T) return taps_of<T>(ctx, x, dy, first, gradient);
    taps_left<T - 1>(ctx, x, dy, first, count, gradient);
  }
}

void weight_gradient(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int taps = w.height * w.width, each = multiplier(op);
  float* gradient = ctx.slab.gradients + op.slab_gradient;
  const Lanes* x = ctx.x().row(-w.pad_top) - int64_t{w.pad_left} * op.in.channels;
  for (int c = 0; c < op.out.channels; ++c) {
    for (int first = 0; first < taps; first += kTaps) {
      const int count = taps - first < kTaps ? taps - first : kTaps;
      taps_left<kTaps>(ctx, x + c / each, ctx.dy().at + c, first, count, gradient + c);
    }
  }
  bias_gradient_of(ctx, gradient + int64_t{taps} * op.out.channels);
}

void single(const Context<float>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int64_t inputs = op.in.channels, outputs = op.out.channels;
  const int each = multiplier(op);
  for (int row = 0; row < op.out.height; ++row) {
    for (int column = 0; column < op.out.width; ++column) {
      float* y = ctx.y().row(row) + column * outputs;
      for (int c = 0; c < outputs; ++c) {
        y[c] = op.bias >= 0 ? pass.parameters[op.bias + c] : 0.0f;
      }
      const float* kernel = pass.parameters + op.kernel;
      for (int ky = 0; ky < w.height; ++ky) {
        const float* x = ctx.x().row(int64_t{row} * w.stride_height - w.pad_top + ky) +
                         (int64_t{column} * w.stride_width - w.pad_left) * inputs;
        for (int kx = 0; kx < w.width; ++kx, x += inputs, kernel += outputs) {
          if (each == 1) {
            for (int c = 0; c < outputs; ++c) y[c] += x[c] * kernel[c];
          } else {
            for (int c = 0; c < outputs; ++c) y[c] += x[c / each] * kernel[c];
          }
        }
      }
    }
    activate_row(ctx.y().row(row), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

constexpr Kernels kKernels = {forward, single, backward, weight_gradient};

}  // namespace

bool add_depthwise(Builder& builder, const Node& node) {
  if (!builder.needs_image(node) || !check_dilation(node)) return false;
  const Pair size = node.pair("kernel_size"), dilation = node.pair("dilation_rate");
  const int32_t inputs = builder.input(node).shape.channels, each = node.whole("depth_multiplier");
  if (int64_t{inputs} * each > kMostUnits) return node.refuse("it makes more than 65536 channels");
  Window window;
  Shape out;
  if (!builder.fit_window(node, size, node.pair("strides"), node.choice("padding"), window, out,
                          dilation))
    return false;
  out.channels = inputs * each;
  const bool plain = dilation.height == 1 && dilation.width == 1;
  Operation& op = builder.add(node, plain ? kKernels : kAnyConvolution, out);
  op.window = window;
  op.groups = inputs;
  op.wants_border = plain;
  op.fan_in = size.height * size.width;
  builder.add_kernel(node, op, "depthwise_kernel", {size.height, size.width, inputs, each}, 4,
                     node.real("depthwise_regularizer"));
  return true;
}

namespace {

bool add(Builder& builder, const Node& node) {
  if (!add_depthwise(builder, node)) return false;
  Operation& op = builder.last();
  if (node.flag("use_bias")) builder.add_bias(node, op, "bias", node.real("bias_regularizer"));
  return builder.activate(node, node.choice("activation"));
}

constexpr sn_attribute_info kAttributes[] = {kKernelSize,
                                             kStrides,
                                             kPadding,
                                             kDilation,
                                             whole("depth_multiplier", 1, 1, kMostUnits),
                                             kActivation,
                                             kUseBias,
                                             l2("depthwise_regularizer"),
                                             l2("bias_regularizer")};

}  // namespace

extern const Operator kDepthwiseConv2D = {row_of("DepthwiseConv2D", kAttributes), add};

}  // namespace sn
