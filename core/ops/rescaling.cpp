// Rescaling: pixels brought into a range; and plain copies. The one that comes first is done while the
// images are gathered.
#include "operator.h"

namespace sn {
namespace {

// y = x scale + offset
template <class T>
void rescale(const Context<T>& ctx, float scale, float offset) {
  const Rows<T> x = ctx.x(), y = ctx.y();
  for (int r = 0; r < ctx.op.in.height; ++r) {
    for (int64_t i = 0; i < ctx.in_row(); ++i) y.row(r)[i] = x.row(r)[i] * scale + offset;
    activate_row(y.row(r), ctx.in_row(), ctx.out.activation, ctx.out.alpha);
  }
}

template <class T>
void forward(const Context<T>& ctx, const Pass&) {
  rescale(ctx, ctx.op.scale, ctx.op.offset);
}

void backward(const Context<Lanes>& ctx, const Pass&) {
  const Rows<Lanes> x = ctx.x(), dx = ctx.dx(), dy = ctx.dy();
  for (int r = 0; r < ctx.op.in.height; ++r) {
    for (int64_t i = 0; i < ctx.in_row(); ++i) {
      dx.row(r)[i] =
          dy.row(r)[i] * ctx.op.scale * slope(x.row(r)[i], ctx.in.activation, ctx.in.alpha);
    }
  }
}

bool add(Builder& builder, const Node& node) {
  Operation& op = builder.add(node, kRescalingKernels, builder.input(node).shape);
  op.scale = node.real("scale");
  op.offset = node.real("offset");
  return true;
}

constexpr sn_attribute_info kAttributes[] = {required(number("scale", 1)), number("offset", 0)};

// The output may be one row of what are several.
template <class T>
void copy(const Context<T>& ctx, const Pass&) {
  const int64_t row = ctx.in_row();
  for (int r = 0; r < ctx.op.in.height; ++r) {
    T* to = ctx.op.out.height == 1 ? ctx.y().at + r * row : ctx.y().row(r);
    for (int64_t i = 0; i < row; ++i) to[i] = ctx.x().row(r)[i];
    activate_row(to, row, ctx.out.activation, ctx.out.alpha);
  }
}

void copy_backward(const Context<Lanes>& ctx, const Pass&) {
  const int64_t row = ctx.in_row();
  for (int r = 0; r < ctx.op.in.height; ++r) {
    const Lanes* from = ctx.op.out.height == 1 ? ctx.dy().at + r * row : ctx.dy().row(r);
    backward_row(ctx.dx().row(r), ctx.x().row(r), from, row, ctx.in.activation, ctx.in.alpha);
  }
}

}  // namespace

const Kernels kRescalingKernels = {
    forward<Lanes>, seldom(forward<float>), backward, nullptr, nullptr, nullptr};
const Kernels kCopy = {copy<Lanes>, copy<float>, copy_backward};
extern const Operator kRescaling = {row_of("Rescaling", kAttributes), add};

}  // namespace sn
