// Convolutions that conv2d.h doesn't know: dilated, or in groups.
#include "../kernels/correlation.h"
#include "convolutions.h"

namespace sn {
namespace correlation {

namespace {

constexpr int kChannels = 4;  // a tile's sums: positions x kChannels

// Of one image, and in WebAssembly, a position at a time: less code to load.
template <class T>
constexpr int kPositions = kPlainTails || kImages<T> == 1 ? 1
                           : kSums >= 24                  ? 4
                                                          : 2;

// The taps first <= t < last with 0 <= start + t * step < size.
struct Taps {
  int first, last;

  Taps(int start, int step, int count, int size) {
    first = start < 0 ? (-start + step - 1) / step : 0;
    last = start >= size ? 0 : (size - start + step - 1) / step;
    last = last < count ? last : count;
    if (first > last) first = last;
  }
};

// Small channels first ... first + C - 1 of one group at P neighbouring positions, for the same taps.
template <class T, int P, int C>
void correlate_tile(const Correlation& task, const Rows<T>& large, int top, int left, Taps rows,
                    Taps columns, int group, int first, const float* bias, T* to) {
  const Window& w = task.window;
  const int depth = task.depth(), outputs = task.small.channels, inputs = task.large.channels;
  const int64_t step = int64_t{w.stride_width} * inputs;
  T sum[P][C];
  for (int p = 0; p < P; ++p) {
    for (int c = 0; c < C; ++c) sum[p][c] = broadcast<T>(bias ? bias[first + c] : 0.0f);
  }
  for (int ky = rows.first; ky < rows.last; ++ky) {
    for (int kx = columns.first; kx < columns.last; ++kx) {
      const float* kernel = task.tap(ky, kx) + first;
      const T* from = large.row(top + ky * w.dilation_height) +
                      int64_t{left + kx * w.dilation_width} * inputs + group * depth;
      for (int d = 0; d < depth; ++d, kernel += outputs) {
        for (int c = 0; c < C; ++c) {
          for (int p = 0; p < P; ++p) sum[p][c] += from[p * step + d] * kernel[c];
        }
      }
    }
  }
  for (int p = 0; p < P; ++p) {
    for (int c = 0; c < C; ++c) to[int64_t{p} * outputs + first + c] = sum[p][c];
  }
}

template <class T, int P>
void correlate_positions(const Correlation& task, const Rows<T>& large, int top, int left,
                         Taps rows, Taps columns, const float* bias, T* to) {
  for (int group = 0; group < task.groups; ++group) {
    const int end = (group + 1) * task.width();
    for (int c = group * task.width(); c < end;) {
      if (c + kChannels <= end) {
        correlate_tile<T, P, kChannels>(task, large, top, left, rows, columns, group, c, bias, to);
        c += kChannels;
      } else {
        correlate_tile<T, P, 1>(task, large, top, left, rows, columns, group, c, bias, to);
        ++c;
      }
    }
  }
}

// The taps that reach a place of the large image: the first, from tap to tap, and the small image's
// place at the first and from tap to tap (they run against each other).
struct Reach {
  int first, step, count, place, back;

  // Places of the small image must be 0 <= place and place + more < size.
  Reach(int at, int pad, int stride, int dilation, int taps, int size, int more) {
    step = 1;
    while (step * dilation % stride) ++step;
    back = step * dilation / stride;
    first = 0;
    while (first < step && (at + pad - first * dilation) % stride) ++first;
    count = first < step && first < taps ? (taps - first + step - 1) / step : 0;
    place = (at + pad - first * dilation) / stride;
    if (at + pad - first * dilation < 0) count = 0;
    all = count;
    // Those beyond the end come first.
    while (count > 0 && place + more >= size) {
      first += step;
      place -= back;
      --count;
    }
    while (count > 0 && place - (count - 1) * back < 0) --count;
  }
  int all;  // taps, also where the small image has no such place
};

// Large channels first ... first + C - 1 of one group at P places, as far apart as the windows.
template <class T, int P, int C>
void spread_tile(const Correlation& task, const Rows<T>& small, const Reach& rows,
                 const Reach& columns, int group, int first, const float* bias, T* to) {
  const int width = task.width(), depth = task.depth(), outputs = task.small.channels;
  const int channel = group * depth + first;
  T sum[P][C];
  for (int p = 0; p < P; ++p) {
    for (int c = 0; c < C; ++c) sum[p][c] = broadcast<T>(bias ? bias[channel + c] : 0.0f);
  }
  for (int i = 0; i < rows.count; ++i) {
    for (int j = 0; j < columns.count; ++j) {
      const float* kernel = task.tap(rows.first + i * rows.step, columns.first + j * columns.step) +
                            int64_t{first} * outputs + group * width;
      const T* from = small.row(rows.place - i * rows.back) +
                      int64_t{columns.place - j * columns.back} * outputs + group * width;
      for (int d = 0; d < width; ++d) {
        for (int c = 0; c < C; ++c) {
          const float weight = kernel[int64_t{c} * outputs + d];
          for (int p = 0; p < P; ++p) sum[p][c] += from[int64_t{p} * outputs + d] * weight;
        }
      }
    }
  }
  const int64_t step = int64_t{task.window.stride_width} * task.large.channels;
  for (int p = 0; p < P; ++p) {
    for (int c = 0; c < C; ++c) to[p * step + channel + c] = sum[p][c];
  }
}

template <class T, int P>
void spread_places(const Correlation& task, const Rows<T>& small, const Reach& rows,
                   const Reach& columns, const float* bias, T* to) {
  for (int group = 0; group < task.groups; ++group) {
    for (int c = 0; c < task.depth();) {
      if (c + kChannels <= task.depth()) {
        spread_tile<T, P, kChannels>(task, small, rows, columns, group, c, bias, to);
        c += kChannels;
      } else {
        spread_tile<T, P, 1>(task, small, rows, columns, group, c, bias, to);
        ++c;
      }
    }
  }
}

// The gradients of one tap's weights from R large channels to C small ones.
template <int R, int C>
void gradient_tile(const Correlation& task, const Rows<Lanes>& large, const Rows<Lanes>& small,
                   int ky, int kx, int group, int row_of_kernel, int first, float* gradient) {
  const Window& w = task.window;
  const int inputs = task.large.channels, outputs = task.small.channels;
  const int below = ky * w.dilation_height - w.pad_top, right = kx * w.dilation_width - w.pad_left;
  const Taps rows(below, w.stride_height, task.small.height, task.large.height);
  const Taps columns(right, w.stride_width, task.small.width, task.large.width);
  const int64_t step = int64_t{w.stride_width} * inputs;
  Lanes sum[R][C] = {};
  for (int row = rows.first; row < rows.last; ++row) {
    const Lanes* x = large.row(row * w.stride_height + below) +
                     int64_t{columns.first * w.stride_width + right} * inputs +
                     group * task.depth() + row_of_kernel;
    const Lanes* dy = small.row(row) + int64_t{columns.first} * outputs + first;
    for (int column = columns.first; column < columns.last; ++column, x += step, dy += outputs) {
      for (int c = 0; c < C; ++c) {
        for (int r = 0; r < R; ++r) sum[r][c] += x[r] * dy[c];
      }
    }
  }
  float* to =
      gradient + ((int64_t{ky} * w.width + kx) * task.depth() + row_of_kernel) * outputs + first;
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) to[int64_t{r} * outputs + c] = sum_of(sum[r][c]);
  }
}

}  // namespace

template <class T>
void correlate(const Correlation& task, const Rows<T>& large, int row, const float* bias, T* to) {
  const Window& w = task.window;
  const int top = row * w.stride_height - w.pad_top;
  const Taps rows(top, w.dilation_height, w.height, task.large.height);
  for (int column = 0; column < task.small.width;) {
    const int left = column * w.stride_width - w.pad_left;
    const int right =
        left + (kPositions<T> - 1) * w.stride_width + (w.width - 1) * w.dilation_width;
    T* at = to + int64_t{column} * task.small.channels;
    const Taps columns(left, w.dilation_width, w.width, task.large.width);
    if (left >= 0 && right < task.large.width && column + kPositions<T> <= task.small.width) {
      correlate_positions<T, kPositions<T>>(task, large, top, left, rows, columns, bias, at);
      column += kPositions<T>;
    } else {
      correlate_positions<T, 1>(task, large, top, left, rows, columns, bias, at);
      ++column;
    }
  }
}

template <class T>
void spread(const Correlation& task, const Rows<T>& small, int row, const float* bias, T* to) {
  const Window& w = task.window;
  const int channels = task.large.channels;
  const Reach rows(row, w.pad_top, w.stride_height, w.dilation_height, w.height, task.small.height,
                   0);
  const auto reach = [&](int column, int more) {
    return Reach(column, w.pad_left, w.stride_width, w.dilation_width, w.width, task.small.width,
                 more);
  };
  for (int phase = 0; phase < w.stride_width && phase < task.large.width; ++phase) {
    for (int column = phase; column < task.large.width;) {
      T* at = to + int64_t{column} * channels;
      const Reach many = reach(column, kPositions<T> - 1);
      const bool fits = column + (kPositions<T> - 1) * w.stride_width < task.large.width;
      if (fits && many.count == many.all && many.count > 0) {
        spread_places<T, kPositions<T>>(task, small, rows, many, bias, at);
        column += kPositions<T> * w.stride_width;
      } else {
        spread_places<T, 1>(task, small, rows, reach(column, 0), bias, at);
        column += w.stride_width;
      }
    }
  }
}

void kernel_gradient(const Correlation& task, const Rows<Lanes>& large, const Rows<Lanes>& small,
                     float* gradient) {
  constexpr int kRows = kPositions<Lanes>;
  for (int ky = 0; ky < task.window.height; ++ky) {
    for (int kx = 0; kx < task.window.width; ++kx) {
      for (int group = 0; group < task.groups; ++group) {
        const int end = (group + 1) * task.width();
        for (int r = 0; r < task.depth();) {
          const bool tall = r + kRows <= task.depth();
          for (int c = group * task.width(); c < end;) {
            const bool wide = c + kChannels <= end;
            if (tall && wide) {
              gradient_tile<kRows, kChannels>(task, large, small, ky, kx, group, r, c, gradient);
            } else if (tall) {
              gradient_tile<kRows, 1>(task, large, small, ky, kx, group, r, c, gradient);
            } else if (wide) {
              gradient_tile<1, kChannels>(task, large, small, ky, kx, group, r, c, gradient);
            } else {
              gradient_tile<1, 1>(task, large, small, ky, kx, group, r, c, gradient);
            }
            c += wide ? kChannels : 1;
          }
          r += tall ? kRows : 1;
        }
      }
    }
  }
}

template void correlate(const Correlation&, const Rows<Lanes>&, int, const float*, Lanes*);
template void correlate(const Correlation&, const Rows<float>&, int, const float*, float*);
template void spread(const Correlation&, const Rows<Lanes>&, int, const float*, Lanes*);
template void spread(const Correlation&, const Rows<float>&, int, const float*, float*);

}  // namespace correlation

namespace {

template <class T>
Correlation task_of(const Context<T>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  return {op.in, op.out, op.window, op.groups, pass.parameters + op.kernel};
}

template <class T>
void forward(const Context<T>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const float* bias = op.bias >= 0 ? pass.parameters + op.bias : nullptr;
  for (int row = 0; row < op.out.height; ++row) {
    correlation::correlate(task_of(ctx, pass), ctx.x(), row, bias, ctx.y().row(row));
    activate_row(ctx.y().row(row), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void backward(const Context<Lanes>& ctx, const Pass& pass) {
  for (int row = 0; row < ctx.op.in.height; ++row) {
    correlation::spread(task_of(ctx, pass), ctx.dy(), row, nullptr, ctx.slab.scratch);
    backward_row(ctx.dx().row(row), ctx.x().row(row), ctx.slab.scratch, ctx.in_row(),
                 ctx.in.activation, ctx.in.alpha);
  }
}

void weight_gradient(const Context<Lanes>& ctx, const Pass& pass) {
  float* gradient = ctx.slab.gradients + ctx.op.slab_gradient;
  correlation::kernel_gradient(task_of(ctx, pass), ctx.x(), ctx.dy(), gradient);
  if (ctx.op.bias >= 0) bias_gradient_of(ctx, gradient + int64_t{ctx.op.fan_in} * ctx.op.units);
}

}  // namespace

const Kernels kAnyConvolution = {forward<Lanes>, seldom(forward<float>), backward, weight_gradient};

}  // namespace sn
