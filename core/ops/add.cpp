// Add: the sum of its inputs.
#include "merge.h"

namespace sn {
namespace {

template <class T>
void forward(const Context<T>& ctx, const Pass&) {
  merge_forward(ctx, [](T a, T b) { return a + b; });
  activate_output(ctx);
}

void backward(const Context<Lanes>& ctx, const Pass&) {
  merge_backward(ctx, [&](int, int r, Lanes*) { return ctx.dy().row(r); });
}

constexpr Kernels kKernels = {forward<Lanes>, forward<float>, backward};

bool add(Builder& builder, const Node& node) { return add_merge(builder, node, kKernels, false); }

}  // namespace

extern const Operator kAdd = {row_of("Add", 2, kMostInputs), add};

}  // namespace sn
