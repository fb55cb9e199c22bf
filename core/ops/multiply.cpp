// Multiply: the product of its inputs.
#include "merge.h"

namespace sn {
namespace {

template <class T>
void forward(const Context<T>& ctx, const Pass&) {
  merge_forward(ctx, [](T a, T b) { return a * b; });
  activate_output(ctx);
}

// Each input's gradient is that of the output times all other inputs.
void backward(const Context<Lanes>& ctx, const Pass&) {
  const Shape out = ctx.op.out;
  merge_backward(ctx, [&](int k, int r, Lanes* to) {
    const Lanes* dy = ctx.dy().row(r);
    for (int64_t i = 0; i < ctx.out_row(); ++i) to[i] = dy[i];
    for (int j = 0; j < ctx.op.edge_count; ++j) {
      if (j == k) continue;
      const Spread spread(ctx.edge(j).shape, out);
      const Lanes* x = ctx.x(j).row(r * spread.row);
      for_each_value(spread, out, [&](int64_t at, int64_t from) { to[at] *= x[from]; });
    }
    return to;
  });
}

constexpr Kernels kKernels = {forward<Lanes>, forward<float>, backward};

bool add(Builder& builder, const Node& node) { return add_merge(builder, node, kKernels, true); }

}  // namespace

extern const Operator kMultiply = {row_of("Multiply", 2, kMostInputs), add};

}  // namespace sn
