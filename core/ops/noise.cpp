// AlphaDropout, GaussianDropout, GaussianNoise and SpatialDropout2D: y = x factor + offset, with a random
// factor or offset while training.
#include "random_lanes.h"

namespace sn {
namespace {

enum Noise : int32_t { kAlpha, kGaussianFactor, kGaussianOffset, kSpatial };

constexpr float kAlphaLow = -1.75809934f;  // selu's limit on the left

struct Change {
  Lanes factor, offset;
};

// A product that no compiler contracts with a sum; under -ffp-contract=fast clang heeds no pragma.
[[gnu::noinline]] Lanes times(Lanes a, Lanes b) { return a * b; }
Lanes times(Lanes a, float b) { return times(a, broadcast<Lanes>(b)); }

// A normally distributed number, by Teichroew's method (Knuth, The Art of Computer Programming 2,
// 3.4.1): a sum of twelve uniform ones and a polynomial. Without fused multiply-adds, so that every
// build gives the same bits.
Lanes normal(const RandomLanes& random, uint32_t place) {
  UnsignedLanes sum = UnsignedLanes{};
  for (uint32_t k = 0; k < 6; ++k) {
    const UnsignedLanes h = random(place * 6 + k);
    sum += (h >> 16) + (h & 0xFFFF);
  }
  // Twelve of 16 bits: the middle of the sum is at 6 * 65535.
  const IntLanes middle = __builtin_bit_cast(IntLanes, sum) - 6 * 65535;
  const Lanes r = to_float<Lanes>(middle) * (0.25f / 65536.0f);
  const Lanes square = r * r;
  Lanes p = times(square, 0.029899776f);
  p = times(p + 0.008355968f, square);
  p = times(p + 0.076542912f, square);
  p = times(p + 0.252408784f, square);
  return times(p + 3.949846138f, r);
}

Change change_of(const Operation& op, const RandomLanes& random, uint32_t place, uint32_t channel) {
  const Lanes one = broadcast<Lanes>(1.0f);
  if (op.function == kGaussianOffset) return {one, times(normal(random, place), op.rate)};
  if (op.function == kGaussianFactor)
    return {times(normal(random, place), op.scale) + 1.0f, Lanes{}};
  const UnsignedLanes h = random(op.function == kSpatial ? channel : place);
  const int32_t threshold = static_cast<int32_t>(op.rate * 16777216.0f);
  const IntLanes dropped = __builtin_bit_cast(IntLanes, h >> 8) < IntLanes{} + threshold;
  const Lanes offset = broadcast<Lanes>(op.offset);
  return {dropped ? Lanes{} : broadcast<Lanes>(op.scale), dropped ? offset + op.alpha : offset};
}

void forward(const Context<Lanes>& ctx, const Pass& pass) {
  if (!pass.dropout) return kCopy.forward(ctx, pass);
  const RandomLanes random(ctx.op, pass);
  const int64_t row = ctx.in_row();
  for (int r = 0; r < ctx.op.in.height; ++r) {
    for (int64_t i = 0; i < row; ++i) {
      const Change change = change_of(ctx.op, random, static_cast<uint32_t>(r * row + i),
                                      static_cast<uint32_t>(i % ctx.op.in.channels));
      ctx.y().row(r)[i] = ctx.x().row(r)[i] * change.factor + change.offset;
    }
    activate_row(ctx.y().row(r), row, ctx.out.activation, ctx.out.alpha);
  }
}

void backward(const Context<Lanes>& ctx, const Pass& pass) {
  if (!pass.dropout) return kCopy.backward(ctx, pass);
  const RandomLanes random(ctx.op, pass);
  const int64_t row = ctx.in_row();
  Lanes* through = ctx.slab.scratch;
  for (int r = 0; r < ctx.op.in.height; ++r) {
    for (int64_t i = 0; i < row; ++i) {
      const Change change = change_of(ctx.op, random, static_cast<uint32_t>(r * row + i),
                                      static_cast<uint32_t>(i % ctx.op.in.channels));
      through[i] = ctx.dy().row(r)[i] * change.factor;
    }
    backward_row(ctx.dx().row(r), ctx.x().row(r), through, row, ctx.in.activation, ctx.in.alpha);
  }
}

void single(const Context<float>& ctx, const Pass& pass) { kCopy.single(ctx, pass); }

constexpr Kernels kKernels = {forward, seldom(single), backward};

bool add_noise(Builder& builder, const Node& node, Noise kind, float rate, float scale) {
  if (kind != kGaussianOffset && rate >= 1.0f)
    return node.refuse("the dropout rate must be in 0 <= rate < 1");
  Operation& op = builder.add(node, kKernels, builder.input(node).shape);
  op.function = kind;
  op.rate = rate;
  op.scale = scale;
  return true;
}

// Dropped values become kAlphaLow; then all are scaled and shifted to the mean and variance they had.
bool add_alpha(Builder& builder, const Node& node) {
  const float rate = node.real("rate");
  const float kept = 1.0f - rate;
  const float scale = 1.0f / __builtin_sqrtf(kept * (rate * kAlphaLow * kAlphaLow + 1.0f));
  if (!add_noise(builder, node, kAlpha, rate, scale)) return false;
  builder.last().alpha = scale * kAlphaLow;
  builder.last().offset = -scale * kAlphaLow * rate;
  return true;
}

bool add_gaussian_dropout(Builder& builder, const Node& node) {
  const float rate = node.real("rate");
  return add_noise(builder, node, kGaussianFactor, rate, __builtin_sqrtf(rate / (1.0f - rate)));
}

bool add_gaussian_noise(Builder& builder, const Node& node) {
  return add_noise(builder, node, kGaussianOffset, node.real("stddev"), 1.0f);
}

bool add_spatial(Builder& builder, const Node& node) {
  const float rate = node.real("rate");
  return builder.needs_image(node) &&
         add_noise(builder, node, kSpatial, rate, 1.0f / (1.0f - rate));
}

constexpr sn_attribute_info kRate[] = {required(number("rate", 0, 0, 1))};
constexpr sn_attribute_info kDeviation[] = {required(number("stddev", 0, 0))};

}  // namespace

extern const Operator kAlphaDropout = {row_of("AlphaDropout", kRate), add_alpha};
extern const Operator kGaussianDropout = {row_of("GaussianDropout", kRate), add_gaussian_dropout};
extern const Operator kGaussianNoise = {row_of("GaussianNoise", kDeviation), add_gaussian_noise};
extern const Operator kSpatialDropout2D = {row_of("SpatialDropout2D", kRate), add_spatial};

}  // namespace sn
