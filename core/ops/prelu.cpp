// PReLU: x, but alpha x below 0, with an alpha that is trained for each value, or shared along axes.
#include "operator.h"

namespace sn {
namespace {

// Where a value's alpha is; op.sides is its shape, 1 where it is shared.
int64_t place_of(const Operation& op, int r, int column, int c) {
  const int32_t* sides = op.sides;
  return (int64_t{sides[0] > 1 ? r : 0} * sides[1] + (sides[1] > 1 ? column : 0)) * sides[2] +
         (sides[2] > 1 ? c : 0);
}

template <class T>
void forward(const Context<T>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const int64_t step = op.sides[2] > 1 ? 1 : 0;
  for (int r = 0; r < op.out.height; ++r) {
    const T* x = ctx.x().row(r);
    T* y = ctx.y().row(r);
    for (int column = 0; column < op.out.width; ++column) {
      const float* alpha = pass.parameters + op.kernel + place_of(op, r, column, 0);
      for (int c = 0; c < op.out.channels; ++c, ++x, ++y) {
        *y = *x > T{} ? *x : *x * alpha[c * step];
      }
    }
    activate_row(ctx.y().row(r), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void backward(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const int64_t step = op.sides[2] > 1 ? 1 : 0;
  for (int r = 0; r < op.in.height; ++r) {
    const Lanes* x = ctx.x().row(r);
    const Lanes* dy = ctx.dy().row(r);
    Lanes* through = ctx.slab.scratch;
    for (int column = 0; column < op.in.width; ++column) {
      const float* alpha = pass.parameters + op.kernel + place_of(op, r, column, 0);
      for (int c = 0; c < op.in.channels; ++c, ++x, ++dy) {
        *through++ = *x > Lanes{} ? *dy : *dy * alpha[c * step];
      }
    }
    backward_row(ctx.dx().row(r), ctx.x().row(r), ctx.slab.scratch, ctx.in_row(), ctx.in.activation,
                 ctx.in.alpha);
  }
}

void weight_gradient(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  float* gradient = ctx.slab.gradients + op.slab_gradient;
  // An axis is shared, or each of its values has an alpha of its own: steps over all of it, or by one.
  const int32_t* sides = op.sides;
  for (int a = 0; a < sides[0]; ++a) {
    for (int b = 0; b < sides[1]; ++b) {
      for (int d = 0; d < sides[2]; ++d) {
        Lanes sum = Lanes{};
        for (int r = a; r < op.in.height; r += sides[0]) {
          const Lanes* x = ctx.x().row(r);
          const Lanes* dy = ctx.dy().row(r);
          for (int i = b; i < op.in.width; i += sides[1]) {
            for (int c = d; c < op.in.channels; c += sides[2]) {
              const int64_t at = int64_t{i} * op.in.channels + c;
              sum += x[at] < Lanes{} ? x[at] * dy[at] : Lanes{};
            }
          }
        }
        gradient[place_of(op, a, b, d)] = sum_of(sum);
      }
    }
  }
}

constexpr Kernels kKernels = {forward<Lanes>, seldom(forward<float>), backward, weight_gradient};

bool add(Builder& builder, const Node& node) {
  const Value in = builder.input(node);
  int32_t sides[3] = {in.shape.height, in.shape.width, in.shape.channels};
  for (int32_t i = 0; i < node.count("shared_axes"); ++i) {
    const int32_t axis = node.whole("shared_axes", i) - 1;
    if (axis >= in.rank) return node.refuse("shared_axes names an axis its input doesn't have");
    sides[3 - in.rank + axis] = 1;
  }
  Operation& op = builder.add(node, kKernels, in.shape);
  op.units = sides[2];
  op.fan_in = sides[0] * sides[1];
  int32_t shape[4] = {};
  for (int32_t i = 0; i < 3; ++i) op.sides[i] = sides[i];
  for (int32_t i = 0; i < in.rank; ++i) shape[i] = sides[3 - in.rank + i];
  builder.add_kernel(node, op, "alpha", shape, in.rank, node.real("alpha_regularizer"));
  return true;
}

// Axes are counted from 1, without the batch.
constexpr sn_attribute_info kAttributes[] = {l2("alpha_regularizer"), list("shared_axes", 1, 3, 3)};

}  // namespace

extern const Operator kPReLU = {row_of("PReLU", kAttributes), add};

}  // namespace sn
