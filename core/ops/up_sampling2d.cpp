// UpSampling2D and Resizing: an image of another size, its pixels repeated or blended.
#include "operator.h"

namespace sn {
namespace {

enum Interpolation : int32_t { kNearest, kBilinear };

// The two pixels that a place of the larger image lies between, and how far it is from the first;
// centres of pixels are at halves (as in TensorFlow 2 and PyTorch).
struct Between {
  int first, second;
  float part;

  Between(int at, int large, int size, bool nearest) {
    if (nearest) {
      first = second = static_cast<int>((2 * int64_t{at} + 1) * size / (2 * int64_t{large}));
      part = 0.0f;
      return;
    }
    const float factor = static_cast<float>(large) / static_cast<float>(size);
    const float place = (static_cast<float>(at) + 0.5f) / factor - 0.5f;
    first = place < 0 ? -1 : static_cast<int>(place);
    part = place - static_cast<float>(first);
    second = first + 1 < size ? first + 1 : size - 1;
    first = first < 0 ? 0 : first;
  }
};

template <class T>
void nearest_forward(const Context<T>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const int channels = op.in.channels;
  for (int r = 0; r < op.out.height; ++r) {
    const T* x = ctx.x().row(r / op.window.height);
    T* y = ctx.y().row(r);
    for (int column = 0; column < op.out.width; ++column) {
      const T* from = x + column / op.window.width * channels;
      for (int c = 0; c < channels; ++c) y[column * channels + c] = from[c];
    }
    activate_row(y, ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void nearest_backward(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const int64_t channels = op.in.channels;
  Lanes* scratch = ctx.slab.scratch;
  for (int r = 0; r < op.in.height; ++r) {
    for (int64_t i = 0; i < ctx.in_row(); ++i) {
      Lanes sum = Lanes{};
      const int64_t first = i / channels * op.window.width * channels + i % channels;
      for (int a = 0; a < op.window.height; ++a) {
        const Lanes* dy = ctx.dy().row(r * op.window.height + a) + first;
        for (int b = 0; b < op.window.width; ++b) sum += dy[b * channels];
      }
      scratch[i] = sum;
    }
    backward_row(ctx.dx().row(r), ctx.x().row(r), scratch, ctx.in_row(), ctx.in.activation,
                 ctx.in.alpha);
  }
}

template <class T>
void bilinear_forward(const Context<T>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const int channels = op.in.channels;
  for (int r = 0; r < op.out.height; ++r) {
    const Between rows(r, op.out.height, op.in.height, op.function == kNearest);
    const T* above = ctx.x().row(rows.first);
    const T* below = ctx.x().row(rows.second);
    T* y = ctx.y().row(r);
    for (int column = 0; column < op.out.width; ++column, y += channels) {
      const Between columns(column, op.out.width, op.in.width, op.function == kNearest);
      const int left = columns.first * channels, right = columns.second * channels;
      for (int c = 0; c < channels; ++c) {
        const T top = above[left + c] + (above[right + c] - above[left + c]) * columns.part;
        const T bottom = below[left + c] + (below[right + c] - below[left + c]) * columns.part;
        y[c] = top + (bottom - top) * rows.part;
      }
    }
    activate_row(ctx.y().row(r), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

void bilinear_backward(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const int channels = op.in.channels;
  const Rows<Lanes> dx = ctx.dx();
  for (int r = 0; r < op.in.height; ++r) {
    for (int64_t i = 0; i < ctx.in_row(); ++i) dx.row(r)[i] = Lanes{};
  }
  for (int r = 0; r < op.out.height; ++r) {
    const Between rows(r, op.out.height, op.in.height, op.function == kNearest);
    const Lanes* dy = ctx.dy().row(r);
    for (int column = 0; column < op.out.width; ++column, dy += channels) {
      const Between columns(column, op.out.width, op.in.width, op.function == kNearest);
      const int left = columns.first * channels, right = columns.second * channels;
      for (int c = 0; c < channels; ++c) {
        const Lanes bottom = dy[c] * rows.part, top = dy[c] - bottom;
        dx.row(rows.first)[left + c] += top - top * columns.part;
        dx.row(rows.first)[right + c] += top * columns.part;
        dx.row(rows.second)[left + c] += bottom - bottom * columns.part;
        dx.row(rows.second)[right + c] += bottom * columns.part;
      }
    }
  }
  for (int r = 0; r < op.in.height; ++r) {
    backward_row(dx.row(r), ctx.x().row(r), dx.row(r), ctx.in_row(), ctx.in.activation,
                 ctx.in.alpha);
  }
}

constexpr Kernels kNearestKernels = {nearest_forward<Lanes>, seldom(nearest_forward<float>),
                                     nearest_backward};
constexpr Kernels kBilinearKernels = {bilinear_forward<Lanes>, seldom(bilinear_forward<float>),
                                      bilinear_backward};

bool add(Builder& builder, const Node& node) {
  if (!builder.needs_image(node)) return false;
  const bool nearest = node.choice("interpolation") == kNearest;
  const Pair size = node.pair("size");
  Shape out = builder.input(node).shape;
  if (int64_t{out.height} * size.height * out.width * size.width * out.channels > (1 << 30))
    return node.refuse("its output is too large");
  out.height *= size.height;
  out.width *= size.width;
  Operation& op = builder.add(node, nearest ? kNearestKernels : kBilinearKernels, out);
  op.window = {size.height, size.width, 1, 1, 0, 0};
  op.function = kBilinear;
  op.keeps_input = !nearest;  // its gradient is put together before the values are read
  return true;
}

bool add_resizing(Builder& builder, const Node& node) {
  if (!builder.needs_image(node)) return false;
  const Shape in = builder.input(node).shape;
  const Shape out = {node.whole("height"), node.whole("width"), in.channels};
  if (out.size() > (1 << 30)) return node.refuse("its output is too large");
  Operation& op = builder.add(node, kBilinearKernels, out);
  op.function = node.choice("interpolation") == 0 ? kBilinear : kNearest;
  op.keeps_input = true;
  return true;
}

constexpr sn_attribute_info kOfResizing[] = {required(whole("height", 0, 1, kMaxSide)),
                                             required(whole("width", 0, 1, kMaxSide)),
                                             choice("interpolation", "bilinear|nearest")};

constexpr sn_attribute_info kAttributes[] = {whole("size", 2, 1, kMaxSide, 2),
                                             choice("interpolation", "nearest|bilinear")};

}  // namespace

extern const Operator kResizing = {row_of("Resizing", kOfResizing), add_resizing};
extern const Operator kUpSampling2D = {row_of("UpSampling2D", kAttributes), add};

}  // namespace sn
