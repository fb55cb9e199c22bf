// Reshape and Identity: the same values, seen in another shape or the same.
#include "operator.h"

namespace sn {
namespace {

// Calls use(place, count) for values that lie in one row of the input and in one of the output.
template <class Use>
void for_each_run(const Operation& op, int64_t in_row, int64_t out_row, Use use) {
  const int64_t size = op.in.size();
  for (int64_t at = 0; at < size;) {
    const int64_t in_left = in_row - at % in_row, out_left = out_row - at % out_row;
    const int64_t count = in_left < out_left ? in_left : out_left;
    use(at, count);
    at += count;
  }
}

template <class T>
void forward(const Context<T>& ctx, const Pass&) {
  const int64_t in_row = ctx.in_row(), out_row = ctx.out_row();
  for_each_run(ctx.op, in_row, out_row, [&](int64_t at, int64_t count) {
    const T* x = ctx.x().row(at / in_row) + at % in_row;
    T* y = ctx.y().row(at / out_row) + at % out_row;
    for (int64_t i = 0; i < count; ++i) y[i] = x[i];
    activate_row(y, count, ctx.out.activation, ctx.out.alpha);
  });
}

void backward(const Context<Lanes>& ctx, const Pass&) {
  const int64_t in_row = ctx.in_row(), out_row = ctx.out_row();
  for_each_run(ctx.op, in_row, out_row, [&](int64_t at, int64_t count) {
    backward_row(ctx.dx().row(at / in_row) + at % in_row, ctx.x().row(at / in_row) + at % in_row,
                 ctx.dy().row(at / out_row) + at % out_row, count, ctx.in.activation, ctx.in.alpha);
  });
}

constexpr Kernels kKernels = {forward<Lanes>, seldom(forward<float>), backward};

bool add_reshape(Builder& builder, const Node& node) {
  const Shape in = builder.input(node).shape;
  const int32_t rank = node.count("target_shape");
  int32_t sides[3] = {1, 1, 1};
  int64_t known = 1;
  int32_t* open = nullptr;
  for (int32_t i = 0; i < rank; ++i) {
    int32_t& side = sides[3 - rank + i];
    side = node.whole("target_shape", i);
    if (side == 0 || (side < 0 && open)) return node.refuse("target_shape is wrong");
    if (side < 0) {
      open = &side;
    } else {
      known *= side;
    }
    if (known > (1 << 30)) return node.refuse("target_shape is too large");
  }
  if (open) *open = static_cast<int32_t>(in.size() / known);
  const Shape out = {sides[0], sides[1], sides[2]};
  if (out.size() != in.size()) {
    node.line() << "target_shape doesn't fit: its input has " << in.size() << " values";
    return false;
  }
  const bool same = in.height == out.height && in.width == out.width;
  if (!same && rank > 1) {
    builder.add(node, kKernels, out);  // its reader may want zeros around it
    builder.set_rank(node, rank);
  } else {
    builder.view(node, out, rank);
  }
  return true;
}

bool add_identity(Builder& builder, const Node& node) {
  builder.view(node, builder.input(node).shape, builder.input(node).rank);
  return true;
}

constexpr sn_attribute_info kAttributes[] = {required(list("target_shape", -1, 1 << 24, 3))};

}  // namespace

extern const Operator kReshape = {row_of("Reshape", kAttributes), add_reshape};
extern const Operator kIdentity = {row_of("Identity"), add_identity};

}  // namespace sn
