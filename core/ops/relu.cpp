// ReLU: x from a threshold on, up to a maximum, and with a slope below.
#include "operator.h"

namespace sn {
namespace {

template <class T>
void forward(const Context<T>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  for (int r = 0; r < op.out.height; ++r) {
    const T* x = ctx.x().row(r);
    T* y = ctx.y().row(r);
    for (int64_t i = 0; i < ctx.out_row(); ++i) {
      const T below = (x[i] - op.offset) * op.alpha;
      const T above = x[i] > broadcast<T>(op.scale) ? broadcast<T>(op.scale) : x[i];
      y[i] = x[i] < broadcast<T>(op.offset) ? below : above;
    }
    activate_row(y, ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void backward(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  for (int r = 0; r < op.in.height; ++r) {
    const Lanes* x = ctx.x().row(r);
    const Lanes* dy = ctx.dy().row(r);
    Lanes* through = ctx.slab.scratch;
    for (int64_t i = 0; i < ctx.in_row(); ++i) {
      const Lanes above = x[i] > broadcast<Lanes>(op.scale) ? Lanes{} : dy[i];
      through[i] = x[i] < broadcast<Lanes>(op.offset) ? dy[i] * op.alpha : above;
    }
    backward_row(ctx.dx().row(r), x, through, ctx.in_row(), ctx.in.activation, ctx.in.alpha);
  }
}

constexpr Kernels kKernels = {forward<Lanes>, seldom(forward<float>), backward};

bool add(Builder& builder, const Node& node) {
  const float slope_below = node.real("negative_slope"), threshold = node.real("threshold");
  const float most = node.real("max_value");
  const bool bounded = most < static_cast<float>(kAny), bent = slope_below != 0.0f;
  if (threshold == 0.0f && (!bounded || (most == 6.0f && !bent))) {
    const int32_t activation = bounded ? kRelu6 : bent ? kLeakyRelu : kRelu;
    return builder.activate(node, activation, slope_below, !builder.keeps_outputs());
  }
  Operation& op = builder.add(node, kKernels, builder.input(node).shape);
  op.scale = most;
  op.alpha = slope_below;
  op.offset = threshold;
  return true;
}

// Without a max_value there is none. As the gradient of a bend at 0 is told by the output's sign, no
// slope is negative.
constexpr sn_attribute_info kAttributes[] = {
    number("max_value", kAny, 0), number("negative_slope", 0, 0), number("threshold", 0, 0)};

}  // namespace

extern const Operator kReLU = {row_of("ReLU", kAttributes), add};

}  // namespace sn
