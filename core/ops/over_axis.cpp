// log_softmax, sparsemax, and a softmax over another axis than the last.
#include "operator.h"

namespace sn {
namespace {

// The values along an axis, at one place of the two others.
template <class T>
struct Along {
  T* at;
  int64_t step;
  int size;
  T& operator[](int k) const { return at[k * step]; }
};

// Calls use(place in the tensor) for each place of the two axes beside the operation's.
struct Places {
  int axis;
  int sides[3];

  explicit Places(const Operation& op)
      : axis(op.sides[0]), sides{op.in.height, op.in.width, op.in.channels} {}

  template <class T>
  Along<T> along(const Rows<T>& rows, int r, int64_t i) const {
    const int64_t step = axis == 0 ? rows.stride : axis == 1 ? sides[2] : 1;
    return {rows.row(r) + i, step, sides[axis]};
  }

  template <class Use>
  void each(Use use) const {
    for (int r = 0; r < (axis == 0 ? 1 : sides[0]); ++r) {
      for (int column = 0; column < (axis == 1 ? 1 : sides[1]); ++column) {
        for (int c = 0; c < (axis == 2 ? 1 : sides[2]); ++c) {
          use(r, int64_t{column} * sides[2] + c);
        }
      }
    }
  }
};

bool is_same_value(float a, float b) { return a == b; }
bool is_same_value(Lanes a, Lanes b) {
  for (int i = 0; i < kLanes; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

// Michelot's projection: the threshold rises until what is above it adds up to 1 above it.
template <class T>
void sparsemax(Along<T> x, Along<T> y, T most) {
  T threshold = broadcast<T>(-1.0f);  // of x - most: what is below is 0
  for (int round = 0; round <= x.size; ++round) {
    T sum = broadcast<T>(-1.0f), count = T{};
    for (int k = 0; k < x.size; ++k) {
      const T value = x[k] - most;
      sum += value > threshold ? value : T{};
      count += value > threshold ? broadcast<T>(1.0f) : T{};
    }
    const T next = sum / count;
    if (is_same_value(next, threshold)) break;
    threshold = next;
  }
  for (int k = 0; k < x.size; ++k) {
    const T above = x[k] - most - threshold;
    y[k] = above < T{} ? T{} : above;
  }
}

template <class T>
void forward(const Context<T>& ctx, const Pass&) {
  const Places places(ctx.op);
  places.each([&](int r, int64_t i) {
    const Along<T> x = places.along(ctx.x(), r, i), y = places.along(ctx.y(), r, i);
    T most = x[0];
    for (int k = 1; k < x.size; ++k) most = max(x[k], most);
    if (ctx.op.function == kSparsemax) return sparsemax(x, y, most);
    T sum = T{};
    for (int k = 0; k < x.size; ++k) {
      y[k] = exp(x[k] - most);
      sum += y[k];
    }
    const T rest = log(sum) + most, inverse = 1.0f / sum;
    for (int k = 0; k < x.size; ++k) {
      y[k] = ctx.op.function == kLogSoftmax ? x[k] - rest : y[k] * inverse;
    }
  });
  for (int r = 0; r < ctx.op.out.height; ++r) {
    activate_row(ctx.y().row(r), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void backward(const Context<Lanes>& ctx, const Pass&) {
  const Places places(ctx.op);
  const Lanes zero = Lanes{}, one = broadcast<Lanes>(1.0f);
  places.each([&](int r, int64_t i) {
    const Along<Lanes> x = places.along(ctx.x(), r, i), y = places.along(ctx.y(), r, i);
    const Along<Lanes> dy = places.along(ctx.dy(), r, i), dx = places.along(ctx.dx(), r, i);
    // softmax: y (dy - sum(dy y)). log_softmax: dy - exp(y) sum(dy). sparsemax: dy - their mean,
    // where y is not 0.
    Lanes sum = zero, count = zero;
    for (int k = 0; k < x.size; ++k) {
      const Lanes inside = y[k] > zero ? one : zero;
      sum += ctx.op.function == kSoftmax      ? dy[k] * y[k]
             : ctx.op.function == kLogSoftmax ? dy[k]
                                              : dy[k] * inside;
      count += inside;
    }
    for (int k = 0; k < x.size; ++k) {
      Lanes through;
      if (ctx.op.function == kSoftmax) {
        through = y[k] * (dy[k] - sum);
      } else if (ctx.op.function == kLogSoftmax) {
        through = dy[k] - exp(y[k]) * sum;
      } else {
        through = y[k] > zero ? dy[k] - sum / count : zero;
      }
      dx[k] = through * slope(x[k], ctx.in.activation, ctx.in.alpha);
    }
  });
}

}  // namespace

const Kernels kOverAxisKernels = {forward<Lanes>, seldom(forward<float>), backward};

}  // namespace sn
