// ZeroPadding2D: rows and columns of zeros around an image.
#include "operator.h"

namespace sn {
namespace {

template <class T>
void forward(const Context<T>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const int64_t first = int64_t{op.window.pad_left} * op.in.channels, last = first + ctx.in_row();
  for (int r = 0; r < op.out.height; ++r) {
    T* y = ctx.y().row(r);
    const int from = r - op.window.pad_top;
    const bool inside = from >= 0 && from < op.in.height;
    const T* x = ctx.x().row(inside ? from : 0) - first;
    for (int64_t i = 0; i < ctx.out_row(); ++i)
      y[i] = inside && i >= first && i < last ? x[i] : T{};
    activate_row(y, ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void backward(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const int64_t first = int64_t{op.window.pad_left} * op.in.channels;
  for (int r = 0; r < op.in.height; ++r) {
    backward_row(ctx.dx().row(r), ctx.x().row(r), ctx.dy().row(r + op.window.pad_top) + first,
                 ctx.in_row(), ctx.in.activation, ctx.in.alpha);
  }
}

constexpr Kernels kKernels = {forward<Lanes>, seldom(forward<float>), backward};

bool add(Builder& builder, const Node& node) {
  if (!builder.needs_image(node)) return false;
  Shape out = builder.input(node).shape;
  out.height += node.whole("padding", 0) + node.whole("padding", 1);
  out.width += node.whole("padding", 2) + node.whole("padding", 3);
  Operation& op = builder.add(node, kKernels, out);
  op.window = {1, 1, 1, 1, node.whole("padding", 0), node.whole("padding", 2)};
  return true;
}

// Top, bottom, left, right.
constexpr sn_attribute_info kAttributes[] = {whole("padding", 1, 0, kMaxSide, 4)};

}  // namespace

extern const Operator kZeroPadding2D = {row_of("ZeroPadding2D", kAttributes), add};

}  // namespace sn
