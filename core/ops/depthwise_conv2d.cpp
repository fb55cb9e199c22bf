// DepthwiseConv2D: each channel has filters of its own. Kernel [ky][kx][channel][filter].
//
// A filter reads one channel, so there is no sum over channels to keep in registers; positions are kept
// there instead. The input's border of zeros is part of its memory, as for Conv2D.
#include "../kernels/depthwise_taps.h"
#include "../kernels/depthwise_tiles.h"
#include "convolutions.h"

namespace sn {
namespace {

// As many sums as hide an addition's latency and fit the registers.
#if defined(__wasm__)
constexpr int kPositions = 6, kTaps = 3;  // there a small download counts for more
constexpr bool kMany = false;
#else
constexpr int kPositions = kSums >= 24 ? 8 : 6, kTaps = 9;
constexpr bool kMany = true;
#endif

// Rows and channels that are worked on together: what they read stays in L1 until all have read it.
constexpr int kRows = kMany ? 4 : 1, kChannels = 4;

// Calls work(row, channel) for channels of rows first ... last - 1.
template <class Work>
[[gnu::always_inline]] inline void each_channel(int first, int last, int channels, Work work) {
  if constexpr (kMany) {
    for (int block = 0; block < channels; block += kChannels) {
      const int end = block + kChannels < channels ? block + kChannels : channels;
      for (int row = first; row < last; ++row) {
        for (int c = block; c < end; ++c) work(row, c);
      }
    }
  } else {
    for (int c = 0; c < channels; ++c) work(first, c);
  }
}

int group_end(int row, int end) {
  return kMany && row + kRows < end ? row + kRows : kMany ? end : row + 1;
}

// Calls work.operator()<P>(first) for positions first … last-1 in blocks of P, then of half as many.
template <int P = kPositions, class Work>
void each_block(int first, int last, Work work) {
  for (; last - first >= P; first += P) work.template operator()<P>(first);
  if constexpr (P > 1) each_block<kMany ? P / 2 : 1>(first, last, work);
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

// Outputs of rows first ... end - 1 from a column on.
void outputs_of_rows(const Context<Lanes>& ctx, const Pass& pass, int first, int end, int begin) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int64_t inputs = op.in.channels, outputs = op.out.channels;
  const int each = multiplier(op);
  for (; first < end; first += kRows) {
    each_block(begin, op.out.width, [&]<int P>(int column) {
      const int64_t left = (int64_t{column} * w.stride_width - w.pad_left) * inputs;
      each_channel(first, group_end(first, end), op.out.channels, [&](int row, int c) {
        const Lanes* x = ctx.x().row(int64_t{row} * w.stride_height - w.pad_top) + left;
        const float* kernel = pass.parameters + op.kernel + c;
        const float bias = op.bias >= 0 ? pass.parameters[op.bias + c] : 0.0f;
        outputs_of<P>(ctx, x + (each == 1 ? c : c / each), kernel, bias,
                      ctx.y().row(row) + column * outputs + c);
      });
    });
  }
}

void forward(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const int first = pass.rows.first(), end = pass.rows.last(op.out.height);
  Pair done = {first, 0};
  if constexpr (kDepthwiseTiles) {
    if (by_tiles(op)) done = outputs_of_tiles(ctx, pass, first, end);
  }
  if (kDepthwiseTiles) outputs_of_rows(ctx, pass, first, done.height, done.width);
  outputs_of_rows(ctx, pass, done.height, end, 0);
  for (int row = first; row < end; ++row) {
    activate_row(ctx.y().row(row), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

// The gradients of P inputs of each of C channels, `step` values apart; `x`: those inputs where a relu
// made them, else null.
template <int P, int C>
void inputs_of(const Context<Lanes>& ctx, const Lanes* dy, const float* kernel, int rows,
               int columns, Lanes* to, const Lanes* x, int64_t step) {
  const Operation& op = ctx.op;
  const int64_t outputs = op.out.channels, dy_row = ctx.dy().stride;
  const int64_t kernel_column = op.window.stride_width * outputs;
  const int64_t kernel_row = int64_t{op.window.stride_height} * op.window.width * outputs;
  const bool one = kMany && op.in.channels == op.out.channels;  // no division
  const int each = C > 1 || one ? 1 : multiplier(op);
  Lanes sum[P][C] = {};
  for (int r = 0; r < rows; ++r) {
    for (int t = 0; t < columns; ++t) {
      const float* weights = kernel + r * kernel_row + t * kernel_column;
      const Lanes* from = dy - r * dy_row - t * outputs;
      for (int m = 0; m < each; ++m) {
        for (int c = 0; c < C; ++c) {
          const Lanes weight = broadcast<Lanes>(weights[c + m]);
          for (int p = 0; p < P; ++p) sum[p][c] += from[p * outputs + c + m] * weight;
        }
      }
    }
  }
  for (int p = 0; p < P; ++p) {
    for (int c = 0; c < C; ++c) {
      const int64_t i = p * step + c;  // `to` may be `x`
      to[i] = x ? (x[i] > Lanes{} ? sum[p][c] : Lanes{}) : sum[p][c];
    }
  }
}

// The gradients of inputs in rows start ... stop - 1, kRows at most, and columns left ... right - 1.
void inputs_of_rows(const Context<Lanes>& ctx, const Pass& pass, int start, int stop, int left,
                    int right, bool direct) {
  if constexpr (!kMany) stop = start + 1;
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int each = multiplier(op);
  const int64_t inputs = op.in.channels, outputs = op.out.channels;
  const int64_t step = w.stride_width * inputs;
  const bool relu = ctx.in.activation == kRelu, at_once = kMany && direct;
  RowTaps rows[kRows];
  for (int iy = start; iy < stop; ++iy) rows[iy - start] = RowTaps(ctx, pass, iy);
  for (int remainder = 0; remainder < w.stride_width; ++remainder) {
    const Taps taps(remainder, w.width, w.stride_width, w.pad_left, op.in.width, op.out.width);
    const auto work = [&]<int P>(int at) __attribute__((noinline)) {
      constexpr int kTogether = !kMany || P > 4 ? 1 : P > 2 ? 2 : kChannels;
      const int first = taps.low(at), last = P > 1 ? taps.count : taps.high(at);
      const int64_t from = (taps.base + at - first) * outputs;
      const int64_t weights = (taps.first + first * w.stride_width) * outputs;
      const int64_t place = at * step + taps.first_input * inputs;
      each_channel(start, stop, op.in.channels, [&](int iy, int c) {
        const RowTaps& row = rows[iy - start];
        Lanes* to = (at_once ? ctx.dx().row(iy) : ctx.slab.scratch) + place + c;
        const Lanes* x = at_once && relu ? ctx.x().row(iy) + place + c : nullptr;
        const auto channels = [&]<int C>() {
          inputs_of<P, C>(ctx, row.dy + from + c * each, row.kernel + weights + c * each, row.count,
                          last - first, to, x, step);
        };
        if (kTogether == 1 || each > 1 || c / kTogether * kTogether + kTogether > inputs) {
          channels.template operator()<1>();
        } else if (c % kTogether == 0) {
          channels.template operator()<kTogether>();
        }
      });
    };
    // Inputs that all taps reach are worked on side by side.
    const auto bounded = [&](int at, int least, int most) {
      return at < least ? least : at < most ? at : most;
    };
    const auto reached = [&](int column, int all) {
      return kDepthwiseTiles
                 ? bounded(ceil_div(column - taps.first_input, w.stride_width), 0, taps.inputs)
                 : all;
    };
    const int begin = reached(left, 0), end = reached(right, taps.inputs);
    const int low = bounded(taps.count - 1 - taps.base, begin, end);
    const int high = bounded(taps.outputs - taps.base, low, end);
    for (int at = begin; at < low; ++at) work.template operator()<1>(at);
    each_block(low, high, work);
    for (int at = high; at < end; ++at) work.template operator()<1>(at);
  }
}

void backward(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const int end = pass.rows.last(op.in.height), width = op.in.width;
  const bool at_once = kMany && (ctx.in.activation == kRelu || ctx.in.activation == kLinear);
  int first = pass.rows.first();
  if constexpr (kDepthwiseTiles) {
    if (at_once && by_tiles(op)) {
      const bool strided = op.window.stride_width == 2;
      const int left = strided ? op.window.pad_left : 0;
      if (strided && (first + op.window.pad_top) % 2 && first < end) {
        inputs_of_rows(ctx, pass, first, first + 1, 0, width, true);
        ++first;
      }
      const Pair done = inputs_of_tiles(ctx, pass, first, end, left);
      for (; first < done.height; first += kTileRows) {
        inputs_of_rows(ctx, pass, first, first + kTileRows, 0, left, true);
        inputs_of_rows(ctx, pass, first, first + kTileRows, done.width, width, true);
      }
    }
  }
  for (int stop; first < end; first = stop) {
    stop = at_once ? group_end(first, end) : first + 1;
    inputs_of_rows(ctx, pass, first, stop, 0, width, at_once);
    if (at_once) continue;
    backward_row(ctx.dx().row(first), ctx.x().row(first), ctx.slab.scratch, ctx.in_row(),
                 ctx.in.activation, ctx.in.alpha);
  }
}

// Taps first ... first + T - 1 of one filter: their sums stay in registers for all outputs of some rows and
// columns.
template <int T>
void taps_of(const Context<Lanes>& ctx, const Lanes* x, const Lanes* dy, Pair size, int first,
             Lanes* sums) {
  const Operation& op = ctx.op;
  const int64_t inputs = op.in.channels, outputs = op.out.channels;
  const int64_t step = op.window.stride_width * inputs;
  const Lanes* place[T];
  Lanes sum[T];
  int ky = 0, kx = first;  // without a division, which takes as long as a column
  while (kx >= op.window.width) kx -= op.window.width, ++ky;
  for (int t = 0; t < T; ++t) {
    place[t] = x + ky * ctx.x().stride + kx * inputs;
    if (++kx == op.window.width) kx = 0, ++ky;
    sum[t] = sums[t];
  }
  for (int row = 0; row < (kMany ? size.height : 1); ++row, dy += ctx.dy().stride) {
    for (int64_t column = 0; column < size.width; ++column) {
      const Lanes d = dy[column * outputs];
      for (int t = 0; t < T; ++t) sum[t] += place[t][column * step] * d;
    }
    for (int t = 0; t < T; ++t) place[t] += op.window.stride_height * ctx.x().stride;
  }
  for (int t = 0; t < T; ++t) sums[t] = sum[t];
}

// Taps first ... last - 1, T at a time, then a third as many.
template <int T = kTaps>
void each_taps(const Context<Lanes>& ctx, const Lanes* x, const Lanes* dy, Pair size, int first,
               int last, Lanes* sums) {
  for (; last - first >= T; first += T) taps_of<T>(ctx, x, dy, size, first, sums + first);
  if constexpr (T > 1) each_taps<T / 3>(ctx, x, dy, size, first, last, sums);
}

constexpr int kColumns = 8;  // of the rows that are worked on together

void weight_gradient(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int taps = w.height * w.width, each = multiplier(op), outputs = op.out.channels;
  float* gradient = ctx.slab.gradients + op.slab_gradient;
  Lanes* sums = ctx.kept();  // [filter][tap]
  for (int64_t i = 0; i < int64_t{outputs} * taps && pass.rows.begins(); ++i) sums[i] = Lanes{};
  const int end = pass.rows.last(op.out.height);
  for (int row = pass.rows.first(); row < end; row += kRows) {
    const Lanes* x = ctx.x().row(int64_t{row} * w.stride_height - w.pad_top) -
                     int64_t{w.pad_left} * op.in.channels;
    for (int column = 0; column < (kMany ? op.out.width : 1); column += kColumns) {
      const int left = op.out.width - column;
      const Pair size = {group_end(row, end) - row, kMany && left > kColumns ? kColumns : left};
      const Lanes* from = x + int64_t{column} * w.stride_width * op.in.channels;
      const Lanes* dy = ctx.dy().row(row) + int64_t{column} * outputs;
      const bool tiles =
          by_tiles(op) && size.height % kTileRows == 0 && size.width % kTileColumns == 0;
      for (int c = 0; c < outputs; ++c) {
        if constexpr (kDepthwiseTiles) {
          if (tiles) {
            taps_of_tiles(ctx, from + c, dy + c, size, sums + int64_t{c} * taps);
            continue;
          }
        }
        each_taps(ctx, from + (each == 1 ? c : c / each), dy + c, size, 0, taps,
                  sums + int64_t{c} * taps);
      }
    }
  }
  if (!pass.rows.ends(op.out.height)) return;
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
  op.by_rows = plain && builder.trains();
  op.kept = op.by_rows ? int64_t{op.fan_in} * out.channels : 0;
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
