// Add, Average, Maximum, Minimum, Multiply and Subtract of their inputs, value by value.
#include "merge.h"

namespace sn {
namespace {

// kAnyMerge: as the operation says; where a small download counts for more, all share one kernel.
enum Merge : int32_t { kSum, kMean, kLargest, kSmallest, kProduct, kDifference, kAnyMerge };

constexpr Merge kernel_of(Merge merge) { return kPlainTails ? kAnyMerge : merge; }

template <Merge kMerge>
int32_t merge_of(const Operation& op) {
  return kMerge == kAnyMerge ? op.function : kMerge;
}

float share_of(const Operation& op) { return 1.0f / static_cast<float>(op.edge_count); }

template <class T>
inline T combined(int32_t merge, T a, T b) {
  switch (merge) {
    case kLargest:
      return max(b, a);
    case kSmallest:
      return min(b, a);
    case kProduct:
      return a * b;
    case kDifference:
      return a - b;
    default:
      return a + b;
  }
}

template <class T, Merge kMerge>
void forward(const Context<T>& ctx, const Pass&) {
  const int32_t merge = merge_of<kMerge>(ctx.op);
  merge_forward(ctx, [&](T a, T b) { return combined(merge, a, b); });
  for (int r = 0; r < ctx.op.out.height; ++r) {
    T* y = ctx.y().row(r);
    for (int64_t i = 0; merge == kMean && i < ctx.out_row(); ++i) y[i] *= share_of(ctx.op);
    activate_row(y, ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

// Input k's gradient of a row of the output's: its product with all other inputs, or none unless
// it is the extreme; of equal ones, the first.
void look_at_others(const Context<Lanes>& ctx, int32_t merge, int k, int r, Lanes* to) {
  const Shape out = ctx.op.out;
  const Spread own(ctx.edge(k).shape, out);
  const Lanes* x = ctx.x(k).row(r * own.row);
  for (int j = 0; j < ctx.op.edge_count; ++j) {
    if (j == k) continue;
    const Spread other(ctx.edge(j).shape, out);
    const Lanes* against = ctx.x(j).row(r * other.row);
    for (int64_t column = 0; column < out.width; ++column) {
      for (int64_t c = 0; c < out.channels; ++c) {
        Lanes& value = to[column * out.channels + c];
        const Lanes a = x[column * own.column + c * own.channel];
        const Lanes b = against[column * other.column + c * other.channel];
        if (merge == kProduct) {
          value *= b;
          continue;
        }
        const Lanes low = merge == kLargest ? b : a, high = merge == kLargest ? a : b;
        value = j < k ? (high > low ? value : Lanes{}) : (high >= low ? value : Lanes{});
      }
    }
  }
}

template <Merge kMerge>
void backward(const Context<Lanes>& ctx, const Pass&) {
  const int32_t merge = merge_of<kMerge>(ctx.op);
  merge_backward(ctx, [&](int k, int r, Lanes* to) -> const Lanes* {
    const Lanes* dy = ctx.dy().row(r);
    if (merge == kSum) return dy;
    const float scale = merge == kMean              ? share_of(ctx.op)
                        : merge == kDifference && k ? -1.0f
                                                    : 1.0f;
    for (int64_t i = 0; i < ctx.out_row(); ++i) to[i] = dy[i] * scale;
    if (merge != kMean && merge != kDifference) look_at_others(ctx, merge, k, r, to);
    return to;
  });
}

template <Merge kMerge>
constexpr Kernels kKernels = {forward<Lanes, kernel_of(kMerge)>,
                              seldom(forward<float, kernel_of(kMerge)>),
                              backward<kernel_of(kMerge)>};

// Inputs of one shape, or of shapes that are spread over each other.
template <Merge kMerge>
bool add(Builder& builder, const Node& node) {
  Shape out;
  if (!broadcast_shapes(builder, node, out)) return false;
  bool apart =
      kMerge == kLargest || kMerge == kSmallest || kMerge == kProduct;  // backward reads them
  for (int32_t k = 0; k < node.given.input_count; ++k) {
    apart = apart || !is_same(builder.input(node, k).shape, out);
  }
  Operation& op = builder.add(node, kKernels<kMerge>, out);
  op.keeps_input = apart;
  op.hands_on = kLargeImages && kMerge == kSum && !apart;
  op.function = kMerge;
  return true;
}

}  // namespace

extern const Operator kAdd = {row_of("Add", 2, kMostInputs), add<kSum>};
extern const Operator kAverage = {row_of("Average", 2, kMostInputs), add<kMean>};
extern const Operator kMaximum = {row_of("Maximum", 2, kMostInputs), add<kLargest>};
extern const Operator kMinimum = {row_of("Minimum", 2, kMostInputs), add<kSmallest>};
extern const Operator kMultiply = {row_of("Multiply", 2, kMostInputs), add<kProduct>};
extern const Operator kSubtract = {row_of("Subtract", 2, 2), add<kDifference>};

}  // namespace sn
