// Add: the sum of its inputs.
#include "merge.h"

namespace sn {
namespace {

template <class T>
void forward(const Context<T>& ctx, const Pass&) {
  for (int r = 0; r < ctx.op.out.height; ++r) {
    T* y = ctx.y().row(r);
    const T* first = ctx.x(0).row(r);
    const T* second = ctx.x(1).row(r);
    for (int64_t i = 0; i < ctx.out_row(); ++i) y[i] = first[i] + second[i];
    for (int k = 2; k < ctx.op.edge_count; ++k) {
      const T* x = ctx.x(k).row(r);
      for (int64_t i = 0; i < ctx.out_row(); ++i) y[i] += x[i];
    }
    activate_row(y, ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void backward(const Context<Lanes>& ctx, const Pass&) {
  for (int k = 0; k < ctx.op.edge_count; ++k) {
    if (!ctx.edge(k).gradient) continue;
    const Tensor& in = ctx.in_of(k);
    for (int r = 0; r < ctx.op.out.height; ++r) {
      backward_row(ctx.dx(k).row(r), ctx.x(k).row(r), ctx.dy().row(r), ctx.out_row(), in.activation,
                   in.alpha);
    }
  }
}

constexpr Kernels kKernels = {forward<Lanes>, forward<float>, backward};

bool add(Builder& builder, const Node& node) {
  if (!same_shapes(builder, node, true)) return false;
  builder.add(node, kKernels, builder.input(node).shape);
  return true;
}

}  // namespace

extern const Operator kAdd = {row_of("Add", 2, kMostInputs), add};

}  // namespace sn
