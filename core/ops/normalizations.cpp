// LayerNormalization, RMSNormalization, UnitNormalization and GroupNormalization: the values of one image,
// at a pixel or in a group of channels, brought to one mean and one deviation or length.
#include "operator.h"

namespace sn {
namespace {

enum Kind : int32_t { kMeanAndDeviation, kRootMeanSquare, kLength };

// The values that are normalised together: all channels of a pixel, or some channels of all pixels.
struct Part {
  int first_row, last_row, first_column, last_column, first, last;

  float size() const {
    return static_cast<float>(last_row - first_row) *
           static_cast<float>((last_column - first_column) * (last - first));
  }

  // Calls use(row, place in it, channel).
  template <class Use>
  void each(const Operation& op, Use use) const {
    for (int r = first_row; r < last_row; ++r) {
      for (int column = first_column; column < last_column; ++column) {
        for (int c = first; c < last; ++c) use(r, int64_t{column} * op.in.channels + c, c);
      }
    }
  }
};

template <class Use>
void each_part(const Operation& op, Use use) {
  const Shape in = op.in;
  if (op.groups > 0) {
    const int size = in.channels / op.groups;
    for (int g = 0; g < op.groups; ++g) {
      use(Part{0, in.height, 0, in.width, g * size, (g + 1) * size});
    }
    return;
  }
  for (int r = 0; r < in.height; ++r) {
    for (int column = 0; column < in.width; ++column) {
      use(Part{r, r + 1, column, column + 1, 0, in.channels});
    }
  }
}

// A part's mean, and what its values are multiplied by; `share`: of the gradients along the values that
// a change of this factor takes back.
template <class T>
struct Moments {
  T mean = T{}, inverse, share;

  Moments(const Operation& op, const Rows<T>& x, const Part& part) {
    const float one = 1.0f / part.size();
    if (op.function == kMeanAndDeviation) {
      part.each(op, [&](int r, int64_t i, int) { mean += x.row(r)[i]; });
      mean = mean * one;
    }
    T squares = T{};
    part.each(op, [&](int r, int64_t i, int) {
      const T apart = x.row(r)[i] - mean;
      squares += apart * apart;
    });
    share = broadcast<T>(one);
    T square = squares * one + op.epsilon;
    if (op.function == kLength) {
      const T least = broadcast<T>(op.epsilon);
      share = squares > least ? broadcast<T>(1.0f) : T{};
      square = max(squares, least);
    }
    inverse = 1.0f / sqrt(square);
  }
};

template <class T>
void forward(const Context<T>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const Rows<T> x = ctx.x(), y = ctx.y();
  each_part(op, [&](const Part& part) {
    const Moments<T> moments(op, x, part);
    part.each(op, [&](int r, int64_t i, int c) {
      const float gamma = op.kernel >= 0 ? pass.parameters[op.kernel + c] : 1.0f;
      const float beta = op.bias >= 0 ? pass.parameters[op.bias + c] : 0.0f;
      y.row(r)[i] = (x.row(r)[i] - moments.mean) * moments.inverse * gamma + beta;
    });
  });
  for (int r = 0; r < op.out.height; ++r) {
    activate_row(y.row(r), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

// dx = (g - mean(g) - normalised x mean(g normalised x)) / deviation, g = gamma dy; without the second
// term where the mean is not taken away.
void backward(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const Rows<Lanes> x = ctx.x(), dx = ctx.dx(), dy = ctx.dy();
  each_part(op, [&](const Part& part) {
    const Moments<Lanes> moments(op, x, part);
    Lanes sum = Lanes{}, product = Lanes{};
    const auto scaled = [&](int r, int64_t i, int c) {
      return op.kernel >= 0 ? dy.row(r)[i] * pass.parameters[op.kernel + c] : dy.row(r)[i];
    };
    part.each(op, [&](int r, int64_t i, int c) {
      const Lanes g = scaled(r, i, c);
      sum += g;
      product += g * (x.row(r)[i] - moments.mean) * moments.inverse;
    });
    const Lanes mean = op.function == kMeanAndDeviation ? sum * moments.share : Lanes{};
    product = product * moments.share * moments.inverse;
    part.each(op, [&](int r, int64_t i, int c) {
      const Lanes value = x.row(r)[i];
      const Lanes g = scaled(r, i, c) - mean - (value - moments.mean) * product;
      dx.row(r)[i] = g * moments.inverse * slope(value, ctx.in.activation, ctx.in.alpha);
    });
  });
}

void weight_gradient(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  float* gradient = ctx.slab.gradients + op.slab_gradient;
  if (op.kernel >= 0) {
    Lanes* sums = ctx.slab.scratch;
    for (int c = 0; c < op.in.channels; ++c) sums[c] = Lanes{};
    each_part(op, [&](const Part& part) {
      const Moments<Lanes> moments(op, ctx.x(), part);
      part.each(op, [&](int r, int64_t i, int c) {
        sums[c] += ctx.dy().row(r)[i] * (ctx.x().row(r)[i] - moments.mean) * moments.inverse;
      });
    });
    for (int c = 0; c < op.in.channels; ++c) gradient[c] = sum_of(sums[c]);
  }
  if (op.bias >= 0) bias_gradient_of(ctx, gradient + int64_t{op.fan_in} * op.in.channels);
}

constexpr Kernels kKernels = {forward<Lanes>, seldom(forward<float>), backward, weight_gradient};

Operation& add_normalization(Builder& builder, const Node& node, Kind kind) {
  Operation& op = builder.add(node, kKernels, builder.input(node).shape);
  op.function = kind;
  op.groups = 0;
  return op;
}

bool add_weights(Builder& builder, const Node& node, Operation& op) {
  const int32_t channels[4] = {op.in.channels};
  op.epsilon = node.real("epsilon");
  op.fan_in = node.flag("scale") ? 1 : 0;
  if (node.flag("scale"))
    builder.add_kernel(node, op, "gamma", channels, 1, node.real("gamma_regularizer"));
  if (node.flag("center")) builder.add_bias(node, op, "beta", node.real("beta_regularizer"));
  return true;
}

bool add_layer(Builder& builder, const Node& node) {
  return add_weights(builder, node, add_normalization(builder, node, kMeanAndDeviation));
}

bool add_group(Builder& builder, const Node& node) {
  const int32_t channels = builder.input(node).shape.channels;
  const int32_t groups = node.whole("groups") < 0 ? channels : node.whole("groups");
  if (groups < 1 || channels % groups) {
    node.line() << "its " << channels << " channels can't be in " << groups << " groups";
    return false;
  }
  Operation& op = add_normalization(builder, node, kMeanAndDeviation);
  op.groups = groups;
  return add_weights(builder, node, op);
}

bool add_root_mean_square(Builder& builder, const Node& node) {
  Operation& op = add_normalization(builder, node, kRootMeanSquare);
  op.epsilon = node.real("epsilon");
  op.fan_in = 1;
  const int32_t channels[4] = {op.in.channels};
  builder.add_kernel(node, op, "scale", channels, 1, 0.0f);
  return true;
}

bool add_unit(Builder& builder, const Node& node) {
  add_normalization(builder, node, kLength).epsilon = 1e-12f;
  return true;
}

constexpr sn_attribute_info kOfLayer[] = {number("epsilon", 0.001, 0), flag("center", true),
                                          flag("scale", true), l2("beta_regularizer"),
                                          l2("gamma_regularizer")};
constexpr sn_attribute_info kOfGroup[] = {whole("groups", 32, -1, kMostUnits),
                                          number("epsilon", 0.001, 0),
                                          flag("center", true),
                                          flag("scale", true),
                                          l2("beta_regularizer"),
                                          l2("gamma_regularizer")};
constexpr sn_attribute_info kOfRootMeanSquare[] = {number("epsilon", 1e-6, 0)};

}  // namespace

extern const Operator kLayerNormalization = {row_of("LayerNormalization", kOfLayer), add_layer};
extern const Operator kGroupNormalization = {row_of("GroupNormalization", kOfGroup), add_group};
extern const Operator kRMSNormalization = {row_of("RMSNormalization", kOfRootMeanSquare),
                                           add_root_mean_square};
extern const Operator kUnitNormalization = {row_of("UnitNormalization"), add_unit};

}  // namespace sn
