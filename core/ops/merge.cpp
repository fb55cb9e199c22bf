// Subtract, Average, Maximum and Minimum of their inputs, value by value.
#include "merge.h"

namespace sn {
namespace {

const Lanes* scaled_gradient(const Context<Lanes>& ctx, int r, float scale, Lanes* to) {
  const Lanes* dy = ctx.dy().row(r);
  for (int64_t i = 0; i < ctx.out_row(); ++i) to[i] = dy[i] * scale;
  return to;
}

template <class T>
void subtract_forward(const Context<T>& ctx, const Pass&) {
  merge_forward(ctx, [](T a, T b) { return a - b; });
  activate_output(ctx);
}

void subtract_backward(const Context<Lanes>& ctx, const Pass&) {
  merge_backward(
      ctx, [&](int k, int r, Lanes* to) { return scaled_gradient(ctx, r, k ? -1.0f : 1.0f, to); });
}

float share_of(const Operation& op) { return 1.0f / static_cast<float>(op.edge_count); }

template <class T>
void average_forward(const Context<T>& ctx, const Pass&) {
  merge_forward(ctx, [](T a, T b) { return a + b; });
  for (int r = 0; r < ctx.op.out.height; ++r) {
    T* y = ctx.y().row(r);
    for (int64_t i = 0; i < ctx.out_row(); ++i) y[i] *= share_of(ctx.op);
  }
  activate_output(ctx);
}

void average_backward(const Context<Lanes>& ctx, const Pass&) {
  merge_backward(
      ctx, [&](int, int r, Lanes* to) { return scaled_gradient(ctx, r, share_of(ctx.op), to); });
}

template <class T>
void maximum_forward(const Context<T>& ctx, const Pass&) {
  merge_forward(ctx, [](T a, T b) { return max(b, a); });
  activate_output(ctx);
}

template <class T>
void minimum_forward(const Context<T>& ctx, const Pass&) {
  merge_forward(ctx, [](T a, T b) { return min(b, a); });
  activate_output(ctx);
}

// The gradient goes to the extreme; of equal ones, to the first.
template <bool kLargest>
void extreme_backward(const Context<Lanes>& ctx, const Pass&) {
  const Shape out = ctx.op.out;
  merge_backward(ctx, [&](int k, int r, Lanes* to) {
    const Spread own(ctx.edge(k).shape, out);
    const Lanes* x = ctx.x(k).row(r * own.row);
    const Lanes* dy = ctx.dy().row(r);
    for (int64_t i = 0; i < ctx.out_row(); ++i) to[i] = dy[i];
    for (int j = 0; j < ctx.op.edge_count; ++j) {
      if (j == k) continue;
      const Spread other(ctx.edge(j).shape, out);
      const Lanes* against = ctx.x(j).row(r * other.row);
      for (int64_t column = 0; column < out.width; ++column) {
        for (int64_t c = 0; c < out.channels; ++c) {
          const int64_t i = column * out.channels + c;
          const Lanes a = x[column * own.column + c * own.channel];
          const Lanes b = against[column * other.column + c * other.channel];
          const Lanes low = kLargest ? b : a, high = kLargest ? a : b;
          to[i] = j < k ? (high > low ? to[i] : Lanes{}) : (high >= low ? to[i] : Lanes{});
        }
      }
    }
    return to;
  });
}

constexpr Kernels kSubtraction = {subtract_forward<Lanes>, subtract_forward<float>,
                                  subtract_backward};
constexpr Kernels kAveraging = {average_forward<Lanes>, average_forward<float>, average_backward};
constexpr Kernels kMaxima = {maximum_forward<Lanes>, maximum_forward<float>,
                             extreme_backward<true>};
constexpr Kernels kMinima = {minimum_forward<Lanes>, minimum_forward<float>,
                             extreme_backward<false>};

bool add_subtract(Builder& builder, const Node& node) {
  return add_merge(builder, node, kSubtraction, false);
}
bool add_average(Builder& builder, const Node& node) {
  return add_merge(builder, node, kAveraging, false);
}
bool add_maximum(Builder& builder, const Node& node) {
  return add_merge(builder, node, kMaxima, true);
}
bool add_minimum(Builder& builder, const Node& node) {
  return add_merge(builder, node, kMinima, true);
}

}  // namespace

extern const Operator kSubtract = {row_of("Subtract", 2, 2), add_subtract};
extern const Operator kAverage = {row_of("Average", 2, kMostInputs), add_average};
extern const Operator kMaximum = {row_of("Maximum", 2, kMostInputs), add_maximum};
extern const Operator kMinimum = {row_of("Minimum", 2, kMostInputs), add_minimum};

}  // namespace sn
