// Cropping2D and CenterCrop: an image without rows and columns at its sides.
#include "operator.h"

namespace sn {
namespace {

template <class T>
void forward(const Context<T>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const int64_t first = int64_t{op.window.pad_left} * op.in.channels;
  for (int r = 0; r < op.out.height; ++r) {
    const T* x = ctx.x().row(r + op.window.pad_top) + first;
    T* y = ctx.y().row(r);
    for (int64_t i = 0; i < ctx.out_row(); ++i) y[i] = x[i];
    activate_row(y, ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void backward(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const int64_t first = int64_t{op.window.pad_left} * op.in.channels, last = first + ctx.out_row();
  Lanes* scratch = ctx.slab.scratch;
  for (int r = 0; r < op.in.height; ++r) {
    const int from = r - op.window.pad_top;
    const bool inside = from >= 0 && from < op.out.height;
    const Lanes* dy = ctx.dy().row(inside ? from : 0) - first;
    for (int64_t i = 0; i < ctx.in_row(); ++i) {
      scratch[i] = inside && i >= first && i < last ? dy[i] : Lanes{};
    }
    backward_row(ctx.dx().row(r), ctx.x().row(r), scratch, ctx.in_row(), ctx.in.activation,
                 ctx.in.alpha);
  }
}

constexpr Kernels kKernels = {forward<Lanes>, seldom(forward<float>), backward};

bool add(Builder& builder, const Node& node) {
  if (!builder.needs_image(node)) return false;
  Shape out = builder.input(node).shape;
  out.height -= node.whole("cropping", 0) + node.whole("cropping", 1);
  out.width -= node.whole("cropping", 2) + node.whole("cropping", 3);
  if (out.height < 1 || out.width < 1) return node.refuse("nothing is left of its input");
  Operation& op = builder.add(node, kKernels, out);
  op.window = {1, 1, 1, 1, node.whole("cropping", 0), node.whole("cropping", 2)};
  return true;
}

bool add_center(Builder& builder, const Node& node) {
  if (!builder.needs_image(node)) return false;
  const Shape in = builder.input(node).shape;
  const Shape out = {node.whole("height"), node.whole("width"), in.channels};
  if (out.height > in.height || out.width > in.width) {
    node.line() << "it crops to " << out.height << "x" << out.width << ", but its input is "
                << in.height << "x" << in.width << ". Use Resizing";
    return false;
  }
  Operation& op = builder.add(node, kKernels, out);
  op.window = {1, 1, 1, 1, (in.height - out.height) / 2, (in.width - out.width) / 2};
  return true;
}

constexpr sn_attribute_info kOfCenter[] = {required(whole("height", 0, 1, kMaxSide)),
                                           required(whole("width", 0, 1, kMaxSide))};
// Top, bottom, left, right.
constexpr sn_attribute_info kAttributes[] = {whole("cropping", 0, 0, kMaxSide, 4)};

}  // namespace

extern const Operator kCenterCrop = {row_of("CenterCrop", kOfCenter), add_center};
extern const Operator kCropping2D = {row_of("Cropping2D", kAttributes), add};

}  // namespace sn
