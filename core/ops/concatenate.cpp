// Concatenate: the channels of its inputs behind each other.
#include "merge.h"

namespace sn {
namespace {

// The channels of an input, which may be another view of its tensor.
template <class T>
int channels_of(const Context<T>& ctx, int k) {
  return static_cast<int>(ctx.in_of(k).shape.size() / ctx.op.out.height / ctx.op.out.width);
}

template <class T>
void forward(const Context<T>& ctx, const Pass&) {
  const int64_t outputs = ctx.op.out.channels;
  for (int r = 0; r < ctx.op.out.height; ++r) {
    T* y = ctx.y().row(r);
    for (int k = 0, first = 0; k < ctx.op.edge_count; ++k) {
      const int channels = channels_of(ctx, k);
      const T* x = ctx.x(k).row(r);
      for (int column = 0; column < ctx.op.out.width; ++column) {
        for (int c = 0; c < channels; ++c)
          y[column * outputs + first + c] = x[column * channels + c];
      }
      first += channels;
    }
    activate_row(y, ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void backward(const Context<Lanes>& ctx, const Pass&) {
  const int64_t outputs = ctx.op.out.channels;
  for (int k = 0, first = 0; k < ctx.op.edge_count; ++k) {
    const int channels = channels_of(ctx, k);
    const Tensor& in = ctx.in_of(k);
    for (int r = 0; ctx.edge(k).gradient && r < ctx.op.out.height; ++r) {
      for (int column = 0; column < ctx.op.out.width; ++column) {
        const int64_t at = int64_t{column} * channels;
        backward_row(ctx.dx(k).row(r) + at, ctx.x(k).row(r) + at,
                     ctx.dy().row(r) + column * outputs + first, channels, in.activation, in.alpha);
      }
    }
    first += channels;
  }
}

constexpr Kernels kKernels = {forward<Lanes>, seldom(forward<float>), backward};

bool add(Builder& builder, const Node& node) {
  if (!same_images(builder, node)) return false;
  Shape out = builder.input(node).shape;
  int64_t channels = 0;
  for (int32_t k = 0; k < node.given.input_count; ++k) {
    channels += builder.input(node, k).shape.channels;
  }
  if (channels > (1 << 24)) return node.refuse("it makes too many channels");
  out.channels = static_cast<int32_t>(channels);
  builder.add(node, kKernels, out);
  return true;
}

}  // namespace

extern const Operator kConcatenate = {row_of("Concatenate", 2, kMostInputs), add};

}  // namespace sn
