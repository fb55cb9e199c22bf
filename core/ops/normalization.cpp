// Normalization: each channel brought to the mean 0 and the deviation 1 of images seen before; or back.
#include "operator.h"

namespace sn {
namespace {

constexpr float kLeastVariance = 1e-14f;  // Keras: the deviation is at least 1e-7

// Calls work(c, mean, factor) for each channel: y = (x - mean) factor, inverted x factor + mean.
template <class Work>
void each_channel(const Operation& op, const Pass& pass, Work work) {
  const float* mean = pass.parameters + op.moving;
  const float* variance = mean + op.out.channels;
  for (int c = 0; c < op.out.channels; ++c) {
    const float least = variance[c] > kLeastVariance ? variance[c] : kLeastVariance;
    const float deviation = __builtin_sqrtf(least);
    work(c, mean[c], op.scale != 0.0f ? deviation : 1.0f / deviation);
  }
}

template <class T>
void forward(const Context<T>& ctx, const Pass& pass) {
  const int64_t channels = ctx.op.out.channels, row = ctx.out_row();
  const bool invert = ctx.op.scale != 0.0f;
  for (int r = 0; r < ctx.op.out.height; ++r) {
    const T* x = ctx.x().row(r);
    T* y = ctx.y().row(r);
    each_channel(ctx.op, pass, [&](int c, float mean, float factor) {
      for (int64_t i = c; i < row; i += channels) {
        y[i] = invert ? x[i] * factor + mean : (x[i] - mean) * factor;
      }
    });
    activate_row(y, row, ctx.out.activation, ctx.out.alpha);
  }
}

void backward(const Context<Lanes>& ctx, const Pass& pass) {
  const int64_t channels = ctx.op.in.channels, row = ctx.in_row();
  Lanes* through = ctx.slab.scratch;
  for (int r = 0; r < ctx.op.in.height; ++r) {
    const Lanes* dy = ctx.dy().row(r);
    each_channel(ctx.op, pass, [&](int c, float, float factor) {
      for (int64_t i = c; i < row; i += channels) through[i] = dy[i] * factor;
    });
    backward_row(ctx.dx().row(r), ctx.x().row(r), through, row, ctx.in.activation, ctx.in.alpha);
  }
}

constexpr Kernels kKernels = {forward<Lanes>, seldom(forward<float>), backward};

bool add(Builder& builder, const Node& node) {
  const Shape shape = builder.input(node).shape;
  Operation& op = builder.add(node, kKernels, shape);
  op.scale = node.flag("invert") ? 1.0f : 0.0f;
  op.moving = builder.add_moving(node, "mean", shape.channels);
  builder.add_moving(node, "variance", shape.channels);
  return true;
}

constexpr sn_attribute_info kAttributes[] = {flag("invert", false)};

}  // namespace

extern const Operator kNormalization = {row_of("Normalization", kAttributes), add};

}  // namespace sn
