// BatchNormalization: each channel brought to the mean beta and the deviation gamma over the batch.
//
// In training the statistics are of the whole batch, so the plan is cut in two places: before the
// forward pass, when every slab has left the mean and the squares of its values, and before the backward
// pass, when each has left the sums of its gradients. Predicting uses the moving averages, after a
// convolution or Dense in their weights (Builder::fold).
#include "operator.h"

namespace sn {
namespace {

// The statistics of the batch, each an array of channels.
enum Statistic { kMean, kInverse, kGradient, kProduct, kMovingMean, kMovingVariance, kStatistics };

float* statistic(float* all, const Operation& op, Statistic which) {
  return all + op.statistics + int64_t{which} * op.out.channels;
}
const float* statistic(const float* all, const Operation& op, Statistic which) {
  return all + op.statistics + int64_t{which} * op.out.channels;
}

// Neighbouring channels worked on together: memory is read in its order, and their sums stay in
// registers.
#if defined(__wasm__)
constexpr int kBlock = 2;  // there a small download counts for more
#else
constexpr int kBlock = kSums >= 24 ? 8 : 4;
#endif

// Calls work.operator()<C>(first) for blocks of C channels.
template <class Work>
void each_block(int channels, Work work) {
  int c = 0;
  for (; c + kBlock <= channels; c += kBlock) work.template operator()<kBlock>(c);
  for (; c < channels; ++c) work.template operator()<1>(c);
}

// The arithmetic of C channels: (x - mean) factor + shift.
template <int C>
struct Block {
  float mean[C], inverse[C], factor[C], shift[C];

  Block(const Operation& op, const Pass& pass, int first) {
    for (int k = 0; k < C; ++k) {
      const int c = first + k;
      if (pass.statistics && op.whole_batch) {
        mean[k] = statistic(pass.statistics, op, kMean)[c];
        inverse[k] = statistic(pass.statistics, op, kInverse)[c];
      } else {
        const float* moving = pass.parameters + op.moving;
        mean[k] = moving[c];
        inverse[k] = 1.0f / __builtin_sqrtf(moving[op.out.channels + c] + op.epsilon);
      }
      factor[k] = op.kernel >= 0 ? pass.parameters[op.kernel + c] * inverse[k] : inverse[k];
      shift[k] = op.bias >= 0 ? pass.parameters[op.bias + c] : 0.0f;
    }
  }
};

// Lanes that hold an image: 1; those that repeat one: 0.
Lanes mask_of(const Pass& pass) {
  Lanes mask = Lanes{};
  for (int i = 0; i < pass.images; ++i) mask[i] = 1.0f;
  return mask;
}

template <class T>
void forward(const Context<T>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const int64_t channels = op.out.channels;
  const bool relu = kLargeImages && ctx.out.activation == kRelu;
  const T floor = broadcast<T>(relu ? 0.0f : -__builtin_inff());
  for (int r = pass.rows.first(); r < pass.rows.last(op.out.height); ++r) {
    each_block(op.out.channels, [&]<int C>(int first) {
      const Block<C> block(op, pass, first);
      const T* x = ctx.x().row(r) + first;
      T* y = ctx.y().row(r) + first;
      for (int column = 0; column < op.out.width; ++column, x += channels, y += channels) {
        for (int k = 0; k < C; ++k) {
          const T value = (x[k] - block.mean[k]) * block.factor[k] + block.shift[k];
          if constexpr (kLargeImages) {
            y[k] = value < floor ? floor : value;  // NaN stays
          } else {
            y[k] = value;
          }
        }
      }
    });
    if (!relu) activate_row(ctx.y().row(r), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

// Leaves the slab's mean of each channel, and the sum of squares around it. Each row is read twice while
// it is in the cache: its own mean and squares join those of the rows before (Chan, Golub and LeVeque
// 1979), in each lane by itself.
void collect(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const int64_t channels = op.in.channels;
  const float width = static_cast<float>(op.in.width), height = static_cast<float>(op.in.height);
  float* means = ctx.slab.sums + op.slab_sums;
  Lanes* mean = ctx.kept();
  Lanes* squares = mean + channels;
  for (int64_t i = 0; i < 2 * channels && pass.rows.begins(); ++i) mean[i] = Lanes{};
  for (int r = pass.rows.first(); r < pass.rows.last(op.in.height); ++r) {
    const float rows = static_cast<float>(r), part = 1.0f / (rows + 1.0f);
    each_block(op.in.channels, [&]<int C>(int first) {
      const Lanes* const begin = ctx.x().row(r) + first;
      Lanes sum[C] = {}, apart[C] = {};
      const Lanes* x = begin;
      for (int column = 0; column < op.in.width; ++column, x += channels) {
        for (int k = 0; k < C; ++k) sum[k] += x[k];
      }
      for (int k = 0; k < C; ++k) sum[k] /= width;
      x = begin;
      for (int column = 0; column < op.in.width; ++column, x += channels) {
        for (int k = 0; k < C; ++k) apart[k] += (x[k] - sum[k]) * (x[k] - sum[k]);
      }
      for (int k = 0; k < C; ++k) {
        const Lanes further = sum[k] - mean[first + k];
        mean[first + k] += further * part;
        squares[first + k] += apart[k] + further * further * (width * rows * part);
      }
    });
  }
  if (!pass.rows.ends(op.in.height)) return;
  const Lanes mask = mask_of(pass);
  for (int c = 0; c < channels; ++c) {
    means[c] = sum_of(mean[c] * mask) / static_cast<float>(pass.images);
    const Lanes further = mean[c] - means[c];
    means[channels + c] = sum_of((squares[c] + further * further * (width * height)) * mask);
  }
}

// The batch's mean and variance from those of the slabs, in their order, joined likewise.
void join(const Operation& op, const Joined& all, float* statistics) {
  const int64_t channels = op.in.channels;
  const double places = static_cast<double>(op.in.height) * op.in.width;
  for (int c = 0; c < channels; ++c) {
    double count = 0, mean = 0, squares = 0;
    for (int64_t s = 0; s < all.slabs; ++s) {
      const float* sums = all.sums + s * all.stride + op.slab_sums;
      const int64_t left = all.images - s * kLanes;
      const double more = places * static_cast<double>(left < kLanes ? left : kLanes);
      const double apart = static_cast<double>(sums[c]) - mean;
      squares +=
          static_cast<double>(sums[channels + c]) + apart * apart * count * more / (count + more);
      mean += apart * more / (count + more);
      count += more;
    }
    const double variance = squares / count;
    statistic(statistics, op, kMean)[c] = static_cast<float>(mean);
    statistic(statistics, op, kInverse)[c] =
        static_cast<float>(1 / __builtin_sqrt(variance + static_cast<double>(op.epsilon)));
    const float* moving = all.parameters + op.moving;
    const float rest = 1.0f - op.momentum;
    statistic(statistics, op, kMovingMean)[c] =
        moving[c] * op.momentum + static_cast<float>(mean) * rest;
    statistic(statistics, op, kMovingVariance)[c] =
        moving[channels + c] * op.momentum + static_cast<float>(variance) * rest;
  }
}

// Leaves the sums of the gradients and of their products with the normalised values: also the gradients
// of beta and gamma.
void weight_gradient(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const int64_t channels = op.in.channels;
  float* sums = ctx.slab.sums + op.slab_sums;
  float* gradient = ctx.slab.gradients + op.slab_gradient;
  Lanes* const kept = ctx.kept();  // the sums, and behind them the products
  const bool begins = pass.rows.begins();
  each_block(op.in.channels, [&]<int C>(int first) {
    const Block<C> block(op, pass, first);
    Lanes sum[C], product[C];
    for (int k = 0; k < C; ++k) {
      sum[k] = begins ? Lanes{} : kept[first + k];
      product[k] = begins ? Lanes{} : kept[channels + first + k];
    }
    for (int r = pass.rows.first(); r < pass.rows.last(op.in.height); ++r) {
      const Lanes* x = ctx.x().row(r) + first;
      const Lanes* dy = ctx.dy().row(r) + first;
      for (int column = 0; column < op.in.width; ++column, x += channels, dy += channels) {
        for (int k = 0; k < C; ++k) {
          sum[k] += dy[k];
          product[k] += dy[k] * (x[k] - block.mean[k]);
        }
      }
    }
    for (int k = 0; k < C && kStreams; ++k) {
      kept[first + k] = sum[k];
      kept[channels + first + k] = product[k];
    }
    for (int k = 0; k < C && pass.rows.ends(op.in.height); ++k) {
      const int c = first + k;
      sums[c] = sum_of(sum[k]);  // lanes without an image have no gradient
      sums[channels + c] = sum_of(product[k]) * block.inverse[k];
      if (op.kernel >= 0) gradient[c] = sums[channels + c];
      if (op.bias >= 0) gradient[op.fan_in * channels + c] = sums[c];
    }
  });
}

// The means of both over the batch.
void join_backward(const Operation& op, const Joined& all, float* statistics) {
  const int64_t channels = op.in.channels;
  const double count =
      static_cast<double>(op.in.height) * op.in.width * static_cast<double>(all.images);
  for (int c = 0; c < channels; ++c) {
    double sum = 0, product = 0;
    for (int64_t s = 0; s < all.slabs; ++s) {
      const float* sums = all.sums + s * all.stride + op.slab_sums;
      sum += static_cast<double>(sums[c]);
      product += static_cast<double>(sums[channels + c]);
    }
    statistic(statistics, op, kGradient)[c] = static_cast<float>(sum / count);
    statistic(statistics, op, kProduct)[c] = static_cast<float>(product / count);
  }
}

// dx = gamma / deviation (dy - mean(dy) - normalised x mean(dy normalised x)); with moving averages the
// means are constants, and only the first term is left.
void backward(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const int64_t channels = op.in.channels;
  const Lanes mask = mask_of(pass);
  const bool linear = ctx.in.activation == kLinear;
  for (int r = pass.rows.first(); r < pass.rows.last(op.in.height); ++r) {
    Lanes* const row = linear ? ctx.dx().row(r) : ctx.slab.scratch;
    each_block(op.in.channels, [&]<int C>(int first) {
      const Block<C> block(op, pass, first);
      float mean[C] = {}, product[C] = {};
      for (int k = 0; k < C && op.whole_batch; ++k) {
        mean[k] = statistic(pass.statistics, op, kGradient)[first + k];
        product[k] = statistic(pass.statistics, op, kProduct)[first + k] * block.inverse[k];
      }
      const Lanes* x = ctx.x().row(r) + first;
      const Lanes* dy = ctx.dy().row(r) + first;
      Lanes* to = row + first;
      for (int column = 0; column < op.in.width;
           ++column, x += channels, dy += channels, to += channels) {
        for (int k = 0; k < C; ++k) {
          const Lanes apart = (x[k] - block.mean[k]) * product[k];
          to[k] = (dy[k] - mean[k] - apart) * block.factor[k] * mask;
        }
      }
    });
    if (linear) continue;
    backward_row(ctx.dx().row(r), ctx.x().row(r), row, ctx.in_row(), ctx.in.activation,
                 ctx.in.alpha);
  }
}

void commit(const Operation& op, const float* statistics, float* parameters) {
  const float* moving = statistic(statistics, op, kMovingMean);  // and the variance behind it
  for (int64_t i = 0; i < 2 * int64_t{op.out.channels}; ++i) parameters[op.moving + i] = moving[i];
}

constexpr Kernels kKernels = {forward<Lanes>, forward<float>, backward, weight_gradient,
                              nullptr,        nullptr,        nullptr,  collect,
                              join,           join_backward,  commit};

bool add(Builder& builder, const Node& node) {
  const Shape shape = builder.input(node).shape;
  Operation* const before = kLargeImages ? builder.foldable(node) : nullptr;
  Operation folded{};
  folded.out = shape;
  folded.kernel = folded.bias = -1;
  Operation& op = before ? folded : builder.add(node, kKernels, shape);
  op.epsilon = node.real("epsilon");
  op.momentum = node.real("momentum");
  op.fan_in = node.flag("scale") ? 1 : 0;
  const int32_t channels[4] = {shape.channels};
  if (node.flag("scale"))
    builder.add_kernel(node, op, "gamma", channels, 1, node.real("gamma_regularizer"));
  if (node.flag("center")) builder.add_bias(node, op, "beta", node.real("beta_regularizer"));
  op.moving = builder.add_moving(node, "moving_mean", shape.channels);
  builder.add_moving(node, "moving_variance", shape.channels);
  if (before) builder.fold(*before, folded);
  if (builder.trains() && node.given.trainable) {
    builder.need_batch(op, kStatistics, 2);
    op.kept = 2 * int64_t{shape.channels};
    op.by_rows = true;
  }
  return true;
}

constexpr sn_attribute_info kAttributes[] = {
    number("momentum", 0.99, 0, 1), number("epsilon", 0.001, 0),
    flag("center", true),           flag("scale", true),
    l2("beta_regularizer"),         l2("gamma_regularizer")};

}  // namespace

extern const Operator kBatchNormalization = {row_of("BatchNormalization", kAttributes), add};

}  // namespace sn
