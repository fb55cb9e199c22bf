// Dropout: a share of the values silenced at random while training.
#include "random_lanes.h"

namespace sn {
namespace {

struct DropoutKey {
  RandomLanes random;
  int32_t threshold;  // of 2^24
  float scale;

  DropoutKey(const Operation& op, const Pass& pass)
      : random(op, pass),
        threshold(static_cast<int32_t>(op.rate * 16777216.0f)),
        scale(1.0f / (1.0f - op.rate)) {}

  // value * scale where it is kept, 0 where it is dropped.
  Lanes operator()(Lanes value, uint32_t place) const {
    const IntLanes low = __builtin_bit_cast(IntLanes, random(place) >> 8);
    return low < IntLanes{} + threshold ? Lanes{} : value * scale;
  }
};

// `key` null: nothing is dropped.
void dropout_forward(const Context<Lanes>& ctx, const DropoutKey* key) {
  const Rows<Lanes> x = ctx.x(), y = ctx.y();
  for (int r = 0; r < ctx.op.in.height; ++r) {
    for (int64_t i = 0; i < ctx.in_row(); ++i) {
      const uint32_t place = static_cast<uint32_t>(r * ctx.in_row() + i);
      y.row(r)[i] = key ? (*key)(x.row(r)[i], place) : x.row(r)[i];
    }
    activate_row(y.row(r), ctx.in_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void dropout_backward(const Context<Lanes>& ctx, const DropoutKey* key) {
  const Rows<Lanes> x = ctx.x(), dx = ctx.dx(), dy = ctx.dy();
  for (int r = 0; r < ctx.op.in.height; ++r) {
    for (int64_t i = 0; i < ctx.in_row(); ++i) {
      const uint32_t place = static_cast<uint32_t>(r * ctx.in_row() + i);
      const Lanes through = key ? (*key)(dy.row(r)[i], place) : dy.row(r)[i];
      dx.row(r)[i] = through * slope(x.row(r)[i], ctx.in.activation, ctx.in.alpha);
    }
  }
}

void forward(const Context<Lanes>& ctx, const Pass& pass) {
  if (!pass.dropout) return dropout_forward(ctx, nullptr);
  const DropoutKey key(ctx.op, pass);
  dropout_forward(ctx, &key);
}

void backward(const Context<Lanes>& ctx, const Pass& pass) {
  if (!pass.dropout) return dropout_backward(ctx, nullptr);
  const DropoutKey key(ctx.op, pass);
  dropout_backward(ctx, &key);
}

void single(const Context<float>& ctx, const Pass& pass) { kCopy.single(ctx, pass); }

constexpr Kernels kKernels = {forward, seldom(single), backward};

bool add(Builder& builder, const Node& node) {
  const float rate = node.real("rate");
  if (rate >= 1.0f) return node.refuse("the dropout rate must be in 0 <= rate < 1");
  builder.add(node, kKernels, builder.input(node).shape).rate = rate;
  return true;
}

constexpr sn_attribute_info kAttributes[] = {required(number("rate", 0, 0, 1))};

}  // namespace

extern const Operator kDropout = {row_of("Dropout", kAttributes), add};

}  // namespace sn
