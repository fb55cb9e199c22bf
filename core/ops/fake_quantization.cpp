// FakeQuantization: values rounded as int8 rounds them, while a network is tuned for it; gradients pass
// where rounded values don't saturate (the straight-through estimator). Predictions are computed in integers.
#include "operator.h"

namespace sn {
namespace {

#if defined(__wasm__)

bool add(Builder&, const Node& node) { return node.refuse("networks aren't tuned for int8 here"); }

#else

// Added and taken off again, it leaves a float's whole part.
constexpr float kRounding = 12582912.0f;  // 1.5 · 2^23

template <class T>
void forward(const Context<T>& ctx, const Pass&) {
  const float scale = ctx.op.scale;
  const T least = broadcast<T>(ctx.op.offset), most = broadcast<T>(ctx.op.epsilon);
  for (int r = 0; r < ctx.op.in.height; ++r) {
    const T* x = ctx.x().row(r);
    T* y = ctx.y().row(r);
    for (int64_t i = 0; i < ctx.in_row(); ++i) {
      T steps = x[i] / scale;
      steps = steps < least ? least : steps > most ? most : steps;
      y[i] = ((steps + kRounding) - kRounding) * scale;
    }
    activate_row(y, ctx.in_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void backward(const Context<Lanes>& ctx, const Pass&) {
  const float scale = ctx.op.scale;
  const Lanes least = broadcast<Lanes>((ctx.op.offset - 0.5f) * scale);
  const Lanes most = broadcast<Lanes>((ctx.op.epsilon + 0.5f) * scale);
  Lanes* through = ctx.slab.scratch;
  for (int r = 0; r < ctx.op.in.height; ++r) {
    const Lanes* x = ctx.x().row(r);
    const Lanes* dy = ctx.dy().row(r);
    for (int64_t i = 0; i < ctx.in_row(); ++i) {
      const Lanes inside = x[i] < least ? Lanes{} : dy[i];
      through[i] = x[i] > most ? Lanes{} : inside;
    }
    backward_row(ctx.dx().row(r), x, through, ctx.in_row(), ctx.in.activation, ctx.in.alpha);
  }
}

constexpr Kernels kKernels = {forward<Lanes>, seldom(forward<float>), backward};

bool add(Builder& builder, const Node& node) {
  Operation& op = builder.add(node, kKernels, builder.input(node).shape);
  op.scale = node.real("scale");
  op.offset = node.real("low");
  op.epsilon = node.real("high");
  return true;
}

#endif

constexpr sn_attribute_info kAttributes[] = {
    required(number("scale", 1, 0)), required(number("low", 0)), required(number("high", 0))};

}  // namespace

extern const Operator kFakeQuantization = {row_of("FakeQuantization", kAttributes), add};

}  // namespace sn
