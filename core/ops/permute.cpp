// Permute: the axes in another order.
#include "operator.h"

namespace sn {
namespace {

// From value to value along each axis.
struct Steps {
  int64_t along[3];

  template <class T>
  Steps(const Rows<T>& rows, Shape shape) : along{rows.stride, shape.channels, 1} {}
};

template <class T>
void forward(const Context<T>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const Steps from(ctx.x(), op.in);
  const int64_t row = from.along[op.sides[0]], column = from.along[op.sides[1]];
  const int64_t channel = from.along[op.sides[2]];
  for (int r = 0; r < op.out.height; ++r) {
    T* y = ctx.y().row(r);
    for (int i = 0; i < op.out.width; ++i) {
      const T* x = ctx.x().at + r * row + i * column;
      for (int c = 0; c < op.out.channels; ++c) *y++ = x[c * channel];
    }
    activate_row(ctx.y().row(r), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void backward(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const Steps to(ctx.dy(), op.out);
  int64_t along[3];
  for (int axis = 0; axis < 3; ++axis) along[op.sides[axis]] = to.along[axis];
  for (int r = 0; r < op.in.height; ++r) {
    Lanes* gathered = ctx.slab.scratch;
    for (int i = 0; i < op.in.width; ++i) {
      const Lanes* dy = ctx.dy().at + r * along[0] + i * along[1];
      for (int c = 0; c < op.in.channels; ++c) *gathered++ = dy[c * along[2]];
    }
    backward_row(ctx.dx().row(r), ctx.x().row(r), ctx.slab.scratch, ctx.in_row(), ctx.in.activation,
                 ctx.in.alpha);
  }
}

constexpr Kernels kKernels = {forward<Lanes>, seldom(forward<float>), backward};

bool add(Builder& builder, const Node& node) {
  const Value& in = builder.input(node);
  const int32_t sides[3] = {in.shape.height, in.shape.width, in.shape.channels};
  const int32_t rank = in.rank;
  if (node.count("dims") != rank) {
    node.line() << "dims must name the " << rank << " axes of its input";
    return false;
  }
  int32_t from[3] = {0, 1, 2}, taken = 0;
  for (int32_t i = 0; i < rank; ++i) {
    const int32_t axis = node.whole("dims", i) - 1;
    if (axis >= rank || taken & (1 << axis)) return node.refuse("dims must name each axis once");
    taken |= 1 << axis;
    from[3 - rank + i] = 3 - rank + axis;
  }
  Operation& op = builder.add(node, kKernels, {sides[from[0]], sides[from[1]], sides[from[2]]});
  for (int32_t i = 0; i < 3; ++i) op.sides[i] = from[i];
  return true;
}

// Axes are counted from 1, without the batch.
constexpr sn_attribute_info kAttributes[] = {required(list("dims", 1, 3, 3))};

}  // namespace

extern const Operator kPermute = {row_of("Permute", kAttributes), add};

}  // namespace sn
