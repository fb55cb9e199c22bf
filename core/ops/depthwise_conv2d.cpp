// DepthwiseConv2D: each channel has filters of its own. Kernel [ky][kx][channel][filter].
//
// A filter reads one channel, so there is no sum over channels to keep in registers; positions are kept
// there instead. The input's border of zeros is part of its memory, as for Conv2D.
#include "convolutions.h"

namespace sn {
namespace {

// As many sums as hide an addition's latency and fit the registers.
#if defined(__wasm__)
constexpr int kPositions = 6, kTaps = 3;  // there a small download counts for more
constexpr bool kEven = false;
#else
constexpr int kPositions = kSums >= 24 ? 8 : 6, kTaps = 9;
constexpr bool kEven = true;
#endif

// Calls work.operator()<P>(first) for positions first … last-1 in blocks of P, as even as can be.
template <int P = kPositions, class Work>
void block_of(int count, int first, Work work) {
  if constexpr (P == 1 || !kEven) {
    count == kPositions ? work.template operator()<kPositions>(first)
                        : work.template operator()<1>(first);
  } else {
    count == P ? work.template operator()<P>(first) : block_of<P - 1>(count, first, work);
  }
}
template <class Work>
void each_block(int first, int last, Work work) {
  while (first < last) {
    const int left = last - first, blocks = ceil_div(left, kPositions);
    const int count = kEven ? ceil_div(left, blocks) : left >= kPositions ? kPositions : 1;
    block_of(count, first, work);
    first += count;
  }
}

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
    each_block(0, op.out.width, [&]<int P>(int column) {
      const Lanes* from = x + int64_t{column} * w.stride_width * inputs;
      for (int c = 0; c < outputs; ++c) {
        const float* kernel = pass.parameters + op.kernel + c;
        const float bias = op.bias >= 0 ? pass.parameters[op.bias + c] : 0.0f;
        outputs_of<P>(ctx, from + (each == 1 ? c : c / each), kernel, bias,
                      y + column * outputs + c);
      }
    });
    activate_row(y, ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

// The taps of a window, in one direction, that reach an input: those that leave the same remainder modulo
// the stride. Tap first + t reaches input first_input + j stride from the output base + j - t.
struct Taps {
  int first, count, first_input, inputs, base, outputs;

  // Of the inputs with a remainder; `inputs` and `outputs` are the lengths of the images.
  Taps(int remainder, int window, int stride, int pad, int inputs_in_all, int outputs_in_all)
      : first(remainder),
        count(remainder < window ? ceil_div(window - remainder, stride) : 0),
        first_input((remainder - pad % stride + stride) % stride),
        inputs(inputs_in_all > first_input ? ceil_div(inputs_in_all - first_input, stride) : 0),
        base((first_input + pad - remainder) / stride),
        outputs(outputs_in_all) {}

  // Those t for which the output is inside.
  int low(int j) const { return base + j < outputs ? 0 : base + j - outputs + 1; }
  int high(int j) const { return base + j < count ? base + j + 1 : count; }
};

// The gradient of P inputs of one channel, `step` values apart; `dy` is what the first tap in each
// direction reads for the first of them, `kernel` its weight.
template <int P>
void inputs_of(const Context<Lanes>& ctx, const Lanes* dy, const float* kernel, int rows,
               int columns, Lanes* to, int64_t step) {
  const Operation& op = ctx.op;
  const int64_t outputs = op.out.channels, dy_row = ctx.dy().stride;
  const int64_t kernel_column = op.window.stride_width * outputs;
  const int64_t kernel_row = int64_t{op.window.stride_height} * op.window.width * outputs;
  const int each = multiplier(op);
  Lanes sum[P] = {};
  for (int r = 0; r < rows; ++r) {
    for (int t = 0; t < columns; ++t) {
      const float* weights = kernel + r * kernel_row + t * kernel_column;
      const Lanes* from = dy - r * dy_row - t * outputs;
      for (int m = 0; m < each; ++m) {
        const Lanes weight = broadcast<Lanes>(weights[m]);
        for (int p = 0; p < P; ++p) sum[p] += from[p * outputs + m] * weight;
      }
    }
  }
  for (int p = 0; p < P; ++p) to[p * step] = sum[p];
}

void backward(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int each = multiplier(op);
  const int64_t inputs = op.in.channels, outputs = op.out.channels;
  Lanes* scratch = ctx.slab.scratch;
  for (int iy = 0; iy < op.in.height; ++iy) {
    const Taps rows((iy + w.pad_top) % w.stride_height, w.height, w.stride_height, w.pad_top,
                    op.in.height, op.out.height);
    const int j = iy / w.stride_height, first_row = rows.low(j), last_row = rows.high(j);
    const Lanes* dy = ctx.dy().at + int64_t{rows.base + j - first_row} * ctx.dy().stride;
    const float* kernel = pass.parameters + op.kernel +
                          int64_t{rows.first + first_row * w.stride_height} * w.width * outputs;
    for (int remainder = 0; remainder < w.stride_width; ++remainder) {
      const Taps taps(remainder, w.width, w.stride_width, w.pad_left, op.in.width, op.out.width);
      const auto work = [&]<int P>(int at) {
        const int first = taps.low(at), last = P > 1 ? taps.count : taps.high(at);
        const Lanes* from = dy + (taps.base + at - first) * outputs;
        const float* weights = kernel + (taps.first + first * w.stride_width) * outputs;
        Lanes* to = scratch + (int64_t{at} * w.stride_width + taps.first_input) * inputs;
        for (int c = 0; c < inputs; ++c) {
          inputs_of<P>(ctx, from + c * each, weights + c * each, last_row - first_row, last - first,
                       to + c, w.stride_width * inputs);
        }
      };
      // Inputs that all taps reach are worked on side by side.
      int low = taps.count - 1 - taps.base, high = taps.outputs - taps.base;
      high = high < taps.inputs ? high : taps.inputs;
      low = low < 0 ? 0 : low;
      low = low < taps.inputs ? low : taps.inputs;
      high = high < low ? low : high;
      for (int at = 0; at < low; ++at) work.template operator()<1>(at);
      each_block(low, high, work);
      for (int at = high; at < taps.inputs; ++at) work.template operator()<1>(at);
    }
    backward_row(ctx.dx().row(iy), ctx.x().row(iy), scratch, ctx.in_row(), ctx.in.activation,
                 ctx.in.alpha);
  }
}

// Taps first ... first + T - 1 of one filter: their sums stay in registers for a row of outputs.
template <int T>
void taps_of(const Context<Lanes>& ctx, const Lanes* x, const Lanes* dy, int first, Lanes* sums) {
  const Operation& op = ctx.op;
  const int64_t inputs = op.in.channels, outputs = op.out.channels;
  const int64_t step = op.window.stride_width * inputs;
  int64_t place[T];
  Lanes sum[T];
  for (int t = 0; t < T; ++t) {
    place[t] =
        (first + t) / op.window.width * ctx.x().stride + (first + t) % op.window.width * inputs;
    sum[t] = sums[t];
  }
  for (int column = 0; column < op.out.width; ++column, x += step, dy += outputs) {
    const Lanes d = *dy;
    for (int t = 0; t < T; ++t) sum[t] += x[place[t]] * d;
  }
  for (int t = 0; t < T; ++t) sums[t] = sum[t];
}

template <int T>
void taps_left(const Context<Lanes>& ctx, const Lanes* x, const Lanes* dy, int first, int count,
               Lanes* sums) {
  if constexpr (T >= 1) {
    if (count == T) return taps_of<T>(ctx, x, dy, first, sums);
    taps_left<T - 1>(ctx, x, dy, first, count, sums);
  }
}

// Row by row, so that memory is read in its order.
void weight_gradient(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int taps = w.height * w.width, each = multiplier(op), outputs = op.out.channels;
  float* gradient = ctx.slab.gradients + op.slab_gradient;
  Lanes* sums = ctx.slab.scratch;  // [filter][tap]
  for (int64_t i = 0; i < int64_t{outputs} * taps; ++i) sums[i] = Lanes{};
  for (int row = 0; row < op.out.height; ++row) {
    const Lanes* x = ctx.x().row(int64_t{row} * w.stride_height - w.pad_top) -
                     int64_t{w.pad_left} * op.in.channels;
    for (int c = 0; c < outputs; ++c) {
      for (int first = 0; first < taps; first += kTaps) {
        const int count = taps - first < kTaps ? taps - first : kTaps;
        taps_left<kTaps>(ctx, x + (each == 1 ? c : c / each), ctx.dy().row(row) + c, first, count,
                         sums + int64_t{c} * taps + first);
      }
    }
  }
  for (int c = 0; c < outputs; ++c) {
    for (int t = 0; t < taps; ++t) {
      gradient[int64_t{t} * outputs + c] = sum_of(sums[int64_t{c} * taps + t]);
    }
  }
  if (op.bias >= 0) bias_gradient_of(ctx, gradient + int64_t{taps} * outputs);
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
  op.foldable = true;
  op.wants_border = plain;
  op.fan_in = size.height * size.width;
  op.scratch = plain && builder.trains() ? int64_t{op.fan_in} * out.channels : 0;
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
