// Code that operators of several inputs share: shapes, and values of inputs that are spread over others.
#pragma once

#include "operator.h"

namespace sn {

constexpr int kMostInputs = 256;

// False and a line if the inputs differ in more than their channels.
inline bool same_images(Builder& builder, const Node& node) {
  const Value& first = builder.input(node);
  for (int32_t k = 1; k < node.given.input_count; ++k) {
    const Value& other = builder.input(node, k);
    if (other.rank == first.rank && other.shape.height == first.shape.height &&
        other.shape.width == first.shape.width) {
      continue;
    }
    node.line() << "its inputs have different shapes: " << first.shape.height << "x"
                << first.shape.width << "x" << first.shape.channels << " and " << other.shape.height
                << "x" << other.shape.width << "x" << other.shape.channels;
    return false;
  }
  return true;
}

inline bool is_same(Shape a, Shape b) {
  return a.height == b.height && a.width == b.width && a.channels == b.channels;
}

// True if the inputs' shapes are the same but for sides of 1, which are as long as the others'.
inline bool broadcast_shapes(Builder& builder, const Node& node, Shape& out) {
  const Value& first = builder.input(node);
  out = first.shape;
  for (int32_t k = 1; k < node.given.input_count; ++k) {
    const Value& other = builder.input(node, k);
    const Shape s = other.shape;
    const bool fits = other.rank == first.rank &&
                      (s.height == out.height || s.height == 1 || out.height == 1) &&
                      (s.width == out.width || s.width == 1 || out.width == 1) &&
                      (s.channels == out.channels || s.channels == 1 || out.channels == 1);
    if (!fits) {
      node.line() << "its inputs have different shapes: " << out.height << "x" << out.width << "x"
                  << out.channels << " and " << s.height << "x" << s.width << "x" << s.channels;
      return false;
    }
    out.height = s.height > out.height ? s.height : out.height;
    out.width = s.width > out.width ? s.width : out.width;
    out.channels = s.channels > out.channels ? s.channels : out.channels;
  }
  return true;
}

// Where an input's values lie for a row of the output.
struct Spread {
  bool whole;  // value by value
  int64_t row, column, channel;

  Spread(Shape in, Shape out)
      : whole(is_same(in, out)),
        row(in.height > 1 ? 1 : 0),
        column(in.width > 1 ? in.channels : 0),
        channel(whole || in.channels > 1 ? 1 : 0) {}
};

// Calls use(place in the output's row, place in the input's row) for a row.
template <class Use>
inline void for_each_value(const Spread& spread, Shape out, Use use) {
  const int64_t row = int64_t{out.width} * out.channels;
  if (!kPlainTails && spread.whole) {
    for (int64_t i = 0; i < row; ++i) use(i, i);
    return;
  }
  const int64_t columns = spread.whole ? 1 : out.width, channels = row / columns;
  for (int64_t column = 0; column < columns; ++column) {
    for (int64_t c = 0; c < channels; ++c) {
      use(column * channels + c, column * spread.column + c * spread.channel);
    }
  }
}

// y = combine(first input, second), then combine(y, x) with each of the others.
template <class T, class Combine>
inline void merge_forward(const Context<T>& ctx, Combine combine) {
  const Shape out = ctx.op.out;
  const Spread first(ctx.edge(0).shape, out);
  for (int k = 1; k < ctx.op.edge_count; ++k) {
    const Spread spread(ctx.edge(k).shape, out);
    for (int r = 0; r < out.height; ++r) {
      T* y = ctx.y().row(r);
      const T* x = ctx.x(k).row(r * spread.row);
      const T* before = k > 1 ? y : ctx.x(0).row(r * first.row);
      if (k == 1 && !first.whole) {
        for_each_value(first, out, [&](int64_t to, int64_t from) { y[to] = before[from]; });
        before = y;
      }
      for_each_value(spread, out,
                     [&](int64_t to, int64_t from) { y[to] = combine(before[to], x[from]); });
    }
  }
}

// Each input's gradient: gradient(k, r, scratch) gives that of a row of outputs, as if no input were
// spread; those of a value that is are added. `keeps_input` where one may be.
template <class Gradient>
inline void merge_backward(const Context<Lanes>& ctx, Gradient gradient) {
  const Shape out = ctx.op.out;
  Lanes* scratch = ctx.slab.scratch;
  for (int k = 0; k < ctx.op.edge_count; ++k) {
    if (!ctx.edge(k).gradient) continue;
    const Shape in = ctx.edge(k).shape;
    const Tensor& tensor = ctx.in_of(k);
    const Spread spread(in, out);
    const int64_t row = int64_t{in.width} * in.channels;
    const Rows<Lanes> x = ctx.x(k), dx = ctx.dx(k);
    if (kLargeImages && dx.at == ctx.dy().at) continue;  // handed on
    for (int r = 0; !spread.whole && r < in.height; ++r) {
      for (int64_t i = 0; i < row; ++i) dx.row(r)[i] = Lanes{};
    }
    for (int r = 0; r < out.height; ++r) {
      const Lanes* through = gradient(k, r, scratch);
      if (spread.whole) {
        backward_row(dx.row(r), x.row(r), through, row, tensor.activation, tensor.alpha);
        continue;
      }
      Lanes* to = dx.row(r * spread.row);
      for_each_value(spread, out, [&](int64_t from, int64_t at) { to[at] += through[from]; });
    }
    for (int r = 0; !spread.whole && r < in.height; ++r) {
      backward_row(dx.row(r), x.row(r), dx.row(r), row, tensor.activation, tensor.alpha);
    }
  }
}

}  // namespace sn
