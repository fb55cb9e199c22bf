// MaxPooling2D, AveragePooling2D and GlobalAveragePooling2D on a slab.
#include "operator.h"

namespace sn {
namespace {

// The part of a window that lies inside the image; averages divide by its size, as Keras does.
struct Span {
  int first, last;
};

Span inside(int index, int stride, int pad, int window, int size) {
  const int start = index * stride - pad;
  return {start < 0 ? 0 : start, start + window > size ? size : start + window};
}

Span window_rows(const Operation& op, int row) {
  return inside(row, op.window.stride_height, op.window.pad_top, op.window.height, op.in.height);
}
Span window_columns(const Operation& op, int column) {
  return inside(column, op.window.stride_width, op.window.pad_left, op.window.width, op.in.width);
}

bool is_two_by_two(const Operation& op) {
  const Window& w = op.window;
  return w.height == 2 && w.width == 2 && w.stride_height == 2 && w.stride_width == 2 &&
         w.pad_top == 0 && w.pad_left == 0 && op.out.height * 2 <= op.in.height &&
         op.out.width * 2 <= op.in.width;
}

template <class T>
void max_pooling_forward(const Context<T>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const int64_t channels = op.in.channels;
  const Rows<T> x = ctx.x(), y = ctx.y();
  const bool simple = is_two_by_two(op);
  for (int row = 0; row < op.out.height; ++row) {
    const Span rows = window_rows(op, row);
    for (int column = 0; column < op.out.width; ++column) {
      T* to = y.row(row) + column * channels;
      if (simple) {
        const T* a = x.row(2 * row) + 2 * column * channels;
        const T* b = a + x.stride;
        for (int c = 0; c < channels; ++c) {
          to[c] = max(max(a[c], a[c + channels]), max(b[c], b[c + channels]));
        }
        continue;
      }
      const Span columns = window_columns(op, column);
      for (int c = 0; c < channels; ++c) {
        T most = x.row(rows.first)[columns.first * channels + c];
        for (int i = rows.first; i < rows.last; ++i) {
          for (int j = columns.first; j < columns.last; ++j) {
            most = max(x.row(i)[j * channels + c], most);
          }
        }
        to[c] = most;
      }
    }
    activate_row(y.row(row), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

template <class T>
void average_pooling_forward(const Context<T>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const int64_t channels = op.in.channels;
  const Rows<T> x = ctx.x(), y = ctx.y();
  for (int row = 0; row < op.out.height; ++row) {
    const Span rows = window_rows(op, row);
    for (int column = 0; column < op.out.width; ++column) {
      const Span columns = window_columns(op, column);
      const float share =
          1.0f / static_cast<float>((rows.last - rows.first) * (columns.last - columns.first));
      for (int c = 0; c < channels; ++c) {
        T sum = T{};
        for (int i = rows.first; i < rows.last; ++i) {
          for (int j = columns.first; j < columns.last; ++j) sum += x.row(i)[j * channels + c];
        }
        y.row(row)[column * channels + c] = sum * share;
      }
    }
    activate_row(y.row(row), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

// The four values of each window become their gradients where they stand: the first largest takes all.
void max_pooling_backward_2x2(const Context<Lanes>& ctx) {
  const Operation& op = ctx.op;
  const int64_t channels = op.in.channels;
  const Rows<Lanes> x = ctx.x(), dx = ctx.dx(), dy = ctx.dy();
  const Lanes zero = Lanes{};
  for (int row = 0; row < op.out.height; ++row) {
    for (int column = 0; column < op.out.width; ++column) {
      const int64_t at = 2 * column * channels;
      const Lanes* a = x.row(2 * row) + at;
      const Lanes* b = x.row(2 * row + 1) + at;
      Lanes* da = dx.row(2 * row) + at;
      Lanes* db = dx.row(2 * row + 1) + at;
      const Lanes* by = dy.row(row) + column * channels;
      for (int c = 0; c < channels; ++c) {
        const Lanes v0 = a[c], v1 = a[c + channels], v2 = b[c], v3 = b[c + channels];
        const Lanes most = max(max(v0, v1), max(v2, v3));
        const Lanes g = by[c];
        Lanes rest = g;
        da[c] = v0 == most ? rest : zero;
        rest = v0 == most ? zero : rest;
        da[c + channels] = v1 == most ? rest : zero;
        rest = v1 == most ? zero : rest;
        db[c] = v2 == most ? rest : zero;
        rest = v2 == most ? zero : rest;
        db[c + channels] = rest;
      }
    }
  }
}

void clear_rows(const Rows<Lanes>& rows, int height, int64_t first, int64_t last) {
  for (int r = 0; r < height; ++r) {
    for (int64_t i = first; i < last; ++i) rows.row(r)[i] = Lanes{};
  }
}

void backward_rows(const Context<Lanes>& ctx) {
  if (ctx.in.activation == kLinear) return;
  const Rows<Lanes> x = ctx.x(), dx = ctx.dx();
  for (int r = 0; r < ctx.op.in.height; ++r) {
    backward_row(dx.row(r), x.row(r), dx.row(r), ctx.in_row(), ctx.in.activation, ctx.in.alpha);
  }
}

bool apart(const Context<Lanes>& ctx) { return ctx.dx().at != ctx.x().at; }

// Windows that overlap add into a gradient of its own; those that don't write over the values.
void max_pooling_backward(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const int64_t channels = op.in.channels;
  const Rows<Lanes> x = ctx.x(), dx = ctx.dx(), dy = ctx.dy();
  const bool own = apart(ctx);
  const bool plain = ctx.in.activation == kLinear;
  if (!own && plain && is_two_by_two(op)) {
    max_pooling_backward_2x2(ctx);
    if (op.in.width > 2 * op.out.width) {
      clear_rows(dx, op.in.height, 2 * op.out.width * channels, ctx.in_row());
    }
    for (int r = 2 * op.out.height; r < op.in.height; ++r) {
      for (int64_t i = 0; i < ctx.in_row(); ++i) dx.row(r)[i] = Lanes{};
    }
    return;
  }
  if (own) clear_rows(dx, op.in.height, 0, ctx.in_row());
  for (int row = 0; row < op.out.height; ++row) {
    const Span rows = window_rows(op, row);
    for (int column = 0; column < op.out.width; ++column) {
      const Span columns = window_columns(op, column);
      for (int c = 0; c < channels; ++c) {
        Lanes most = x.row(rows.first)[columns.first * channels + c];
        for (int i = rows.first; i < rows.last; ++i) {
          for (int j = columns.first; j < columns.last; ++j) {
            most = max(x.row(i)[j * channels + c], most);
          }
        }
        Lanes rest = dy.row(row)[column * channels + c];
        for (int i = rows.first; i < rows.last; ++i) {
          for (int j = columns.first; j < columns.last; ++j) {
            const int64_t at = j * channels + c;
            const Lanes value = x.row(i)[at];
            const Lanes taken = value == most ? rest : Lanes{};
            rest = value == most ? Lanes{} : rest;
            if (own) {
              dx.row(i)[at] += taken;
            } else {
              dx.row(i)[at] = taken * slope(value, ctx.in.activation, ctx.in.alpha);
            }
          }
        }
      }
    }
  }
  if (own) return backward_rows(ctx);
  // Without overlap some rows or columns may belong to no window.
  for (int r = 0; r < op.in.height; ++r) {
    const int ry = r + op.window.pad_top, out_row = ry / op.window.stride_height;
    const bool row_used =
        out_row < op.out.height && ry % op.window.stride_height < op.window.height;
    for (int j = 0; j < op.in.width; ++j) {
      const int cx = j + op.window.pad_left, out_column = cx / op.window.stride_width;
      if (row_used && out_column < op.out.width && cx % op.window.stride_width < op.window.width) {
        continue;
      }
      for (int c = 0; c < channels; ++c) dx.row(r)[j * channels + c] = Lanes{};
    }
  }
}

// Average pooling reads no values on its way back, so each input gathers from the windows over it.
void average_pooling_backward(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int64_t channels = op.in.channels;
  const Rows<Lanes> x = ctx.x(), dx = ctx.dx(), dy = ctx.dy();
  for (int r = 0; r < op.in.height; ++r) {
    const int ry = r + w.pad_top;
    const int row_from = ry < w.height ? 0 : (ry - w.height) / w.stride_height + 1;
    const int row_to =
        ry / w.stride_height < op.out.height ? ry / w.stride_height + 1 : op.out.height;
    for (int j = 0; j < op.in.width; ++j) {
      const int cx = j + w.pad_left;
      const int from = cx < w.width ? 0 : (cx - w.width) / w.stride_width + 1;
      const int to = cx / w.stride_width < op.out.width ? cx / w.stride_width + 1 : op.out.width;
      if (kLargeImages && row_to - row_from == 1 && to - from == 1) {
        const Span rows = window_rows(op, row_from), columns = window_columns(op, from);
        const float share =
            1.0f / static_cast<float>((rows.last - rows.first) * (columns.last - columns.first));
        const Lanes* only = dy.row(row_from) + from * channels;
        for (int c = 0; c < channels; ++c) ctx.slab.scratch[c] = only[c] * share;
        backward_row(dx.row(r) + j * channels, x.row(r) + j * channels, ctx.slab.scratch, channels,
                     ctx.in.activation, ctx.in.alpha);
        continue;
      }
      for (int c = 0; c < channels; ++c) {
        Lanes sum = Lanes{};
        for (int row = row_from; row < row_to; ++row) {
          const Span rows = window_rows(op, row);
          for (int column = from; column < to; ++column) {
            const Span columns = window_columns(op, column);
            const float share = 1.0f / static_cast<float>((rows.last - rows.first) *
                                                          (columns.last - columns.first));
            sum += dy.row(row)[column * channels + c] * share;
          }
        }
        const int64_t at = j * channels + c;
        dx.row(r)[at] = sum * slope(x.row(r)[at], ctx.in.activation, ctx.in.alpha);
      }
    }
  }
}

constexpr Kernels kMaxKernels = {max_pooling_forward<Lanes>, max_pooling_forward<float>,
                                 max_pooling_backward};
constexpr Kernels kAverageKernels = {average_pooling_forward<Lanes>, average_pooling_forward<float>,
                                     average_pooling_backward};

bool add_pooling(Builder& builder, const Node& node, const Kernels& kernels) {
  if (!builder.needs_image(node)) return false;
  const Pair size = node.pair("pool_size");
  const Pair strides = node.has("strides") ? node.pair("strides") : size;
  Window window;
  Shape out;
  if (!builder.fit_window(node, size, strides, node.choice("padding"), window, out)) return false;
  const bool later = &kernels == &kMaxKernels && builder.take_relu(node);
  Operation& op = builder.add(node, kernels, out);
  op.window = window;
  op.keeps_input = windows_overlap(window);
  return !later || builder.activate(node, kRelu);
}

bool add_global(Builder& builder, const Node& node, const Kernels& kernels) {
  if (!builder.needs_image(node)) return false;
  const Shape in = builder.input(node).shape;
  const bool later = &kernels == &kMaxKernels && builder.take_relu(node);
  builder.add(node, kernels, {1, 1, in.channels}).window = {in.height, in.width, in.height,
                                                            in.width,  0,        0};
  builder.set_rank(node, node.flag("keepdims") ? 3 : 1);
  return !later || builder.activate(node, kRelu);
}

bool add_max(Builder& builder, const Node& node) { return add_pooling(builder, node, kMaxKernels); }
bool add_average(Builder& builder, const Node& node) {
  return add_pooling(builder, node, kAverageKernels);
}
bool add_global_max(Builder& builder, const Node& node) {
  return add_global(builder, node, kMaxKernels);
}
bool add_global_average(Builder& builder, const Node& node) {
  return add_global(builder, node, kAverageKernels);
}

// Left out, the strides are the pool size.
constexpr sn_attribute_info kOfGlobal[] = {flag("keepdims", false)};
constexpr sn_attribute_info kAttributes[] = {whole("pool_size", 2, 1, kMaxSide, 2), kStrides,
                                             kPadding};

}  // namespace

extern const Operator kMaxPooling2D = {row_of("MaxPooling2D", kAttributes), add_max};
extern const Operator kAveragePooling2D = {row_of("AveragePooling2D", kAttributes), add_average};
extern const Operator kGlobalMaxPooling2D = {row_of("GlobalMaxPooling2D", kOfGlobal),
                                             add_global_max};
extern const Operator kGlobalAveragePooling2D = {row_of("GlobalAveragePooling2D", kOfGlobal),
                                                 add_global_average};

}  // namespace sn
