// Activation, LeakyReLU, ELU and Softmax. The functions: kernels/activation.h.
#include "operator.h"

namespace sn {
namespace {

// The activation layer that could not be folded into the operation before it.
template <class T>
void activation_forward(const Context<T>& ctx, const Pass&) {
  const Rows<T> x = ctx.x(), y = ctx.y();
  for (int r = 0; r < ctx.op.out.height; ++r) {
    for (int64_t i = 0; i < ctx.out_row(); ++i) y.row(r)[i] = x.row(r)[i];
    activate_row(y.row(r), ctx.out_row(), ctx.op.function, 0.0f);
    activate_row(y.row(r), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void activation_backward(const Context<Lanes>& ctx, const Pass&) {
  const Rows<Lanes> x = ctx.x(), dx = ctx.dx(), dy = ctx.dy();
  for (int r = 0; r < ctx.op.in.height; ++r) {
    for (int64_t i = 0; i < ctx.in_row(); ++i) {
      const Lanes value = x.row(r)[i];
      const Lanes through = dy.row(r)[i] * slope(value, ctx.op.function, 0.0f);
      dx.row(r)[i] = through * slope(value, ctx.in.activation, ctx.in.alpha);
    }
  }
}

// Softmax over the last axis, the largest value subtracted first; y may be x.
template <class T>
void softmax_row(const T* x, T* y, int channels) {
  T most = x[0];
  for (int c = 1; c < channels; ++c) most = max(x[c], most);
  T sum = T{};
  for (int c = 0; c < channels; ++c) {
    y[c] = exp(x[c] - most);
    sum += y[c];
  }
  const T inverse = 1.0f / sum;
  for (int c = 0; c < channels; ++c) y[c] = y[c] * inverse;
}

template <class T>
void softmax_forward(const Context<T>& ctx, const Pass&) {
  const int channels = ctx.op.in.channels;
  for (int r = 0; r < ctx.op.in.height; ++r) {
    for (int64_t at = 0; at < ctx.in_row(); at += channels) {
      softmax_row(ctx.x().row(r) + at, ctx.y().row(r) + at, channels);
    }
  }
}

// dx_i = y_i (dy_i - sum_j dy_j y_j)
void softmax_backward(const Context<Lanes>& ctx, const Pass&) {
  const int channels = ctx.op.in.channels;
  for (int r = 0; r < ctx.op.in.height; ++r) {
    for (int64_t at = 0; at < ctx.in_row(); at += channels) {
      const Lanes* x = ctx.x().row(r) + at;
      const Lanes* y = ctx.y().row(r) + at;
      const Lanes* dy = ctx.dy().row(r) + at;
      Lanes* dx = ctx.dx().row(r) + at;
      Lanes mean = Lanes{};
      for (int c = 0; c < channels; ++c) mean += dy[c] * y[c];
      for (int c = 0; c < channels; ++c) {
        dx[c] = y[c] * (dy[c] - mean) * slope(x[c], ctx.in.activation, ctx.in.alpha);
      }
    }
  }
}

// A network whose every node can be shown keeps their outputs apart.
bool apply(Builder& builder, const Node& node, int32_t activation, float alpha) {
  return builder.activate(node, activation, alpha, !builder.keeps_outputs());
}

bool add_activation(Builder& builder, const Node& node) {
  const int32_t activation = node.choice("activation");
  return apply(builder, node, activation, alpha_of(activation));
}

bool add_leaky_relu(Builder& builder, const Node& node) {
  return apply(builder, node, kLeakyRelu, node.real("negative_slope"));
}

bool add_elu(Builder& builder, const Node& node) {
  return apply(builder, node, kElu, node.real("alpha"));
}

bool add_softmax(Builder& builder, const Node& node) {
  const int32_t rank = builder.input(node).rank;
  const int32_t axis = node.whole("axis"), from_first = axis < 0 ? rank + axis : axis - 1;
  if (axis == 0 || from_first < 0 || from_first >= rank) {
    node.line() << "axis must be -" << rank << " to -1, or 1 to " << rank;
    return false;
  }
  return builder.activate_over(node, kSoftmax, 3 - rank + from_first);
}

// The gradient tells the two sides apart by the output's sign, so no slope is negative.
constexpr sn_attribute_info kOfActivation[] = {required(kActivation)};
constexpr sn_attribute_info kOfLeakyRelu[] = {number("negative_slope", 0.3, 0)};
// Counted from 1, without the batch, or backwards from -1.
constexpr sn_attribute_info kOfSoftmax[] = {whole("axis", -1, -3, 3)};
constexpr sn_attribute_info kOfElu[] = {number("alpha", 1, 0)};

}  // namespace

void softmax_values(float* values, int channels) { softmax_row(values, values, channels); }

const Kernels kActivationKernels = {activation_forward<Lanes>, seldom(activation_forward<float>),
                                    activation_backward};
const Kernels kSoftmaxKernels = {
    softmax_forward<Lanes>,
    seldom(softmax_forward<float>),
    softmax_backward,
};

extern const Operator kActivationOperator = {row_of("Activation", kOfActivation), add_activation};
extern const Operator kLeakyReLU = {row_of("LeakyReLU", kOfLeakyRelu), add_leaky_relu};
extern const Operator kELU = {row_of("ELU", kOfElu), add_elu};
extern const Operator kSoftmaxOperator = {row_of("Softmax", kOfSoftmax), add_softmax};

}  // namespace sn
