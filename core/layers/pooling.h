// MaxPooling2D, AveragePooling2D and GlobalAveragePooling2D on a slab.
#pragma once

#include "activation.h"

namespace sn {

// The part of a window that lies inside the image; averages divide by its size, as Keras does.
struct Span {
  int first, last;
};

inline Span inside(int index, int stride, int pad, int window, int size) {
  const int start = index * stride - pad;
  return {start < 0 ? 0 : start, start + window > size ? size : start + window};
}

inline Span window_rows(const Operation& op, int row) {
  return inside(row, op.window.stride_height, op.window.pad_top, op.window.height, op.in.height);
}
inline Span window_columns(const Operation& op, int column) {
  return inside(column, op.window.stride_width, op.window.pad_left, op.window.width, op.in.width);
}

inline bool is_two_by_two(const Operation& op) {
  const Window& w = op.window;
  return w.height == 2 && w.width == 2 && w.stride_height == 2 && w.stride_width == 2 &&
         w.pad_top == 0 && w.pad_left == 0 && op.out.height * 2 <= op.in.height &&
         op.out.width * 2 <= op.in.width;
}

template <class T>
inline void max_pooling_forward(const Site<T>& site) {
  const Operation& op = site.op;
  const int64_t channels = op.in.channels;
  const Rows<T> x = site.x(), y = site.y();
  const bool simple = is_two_by_two(op);
  for (int row = 0; row < op.out.height; ++row) {
    const Span rows = window_rows(op, row);
    for (int column = 0; column < op.out.width; ++column) {
      T* to = y.row(row) + column * channels;
      if (simple) {
        const T* a = x.row(2 * row) + 2 * column * channels;
        const T* b = a + x.stride;
        for (int c = 0; c < channels; ++c) {
          to[c] = larger(larger(a[c], a[c + channels]), larger(b[c], b[c + channels]));
        }
        continue;
      }
      const Span columns = window_columns(op, column);
      for (int c = 0; c < channels; ++c) {
        T most = x.row(rows.first)[columns.first * channels + c];
        for (int i = rows.first; i < rows.last; ++i) {
          for (int j = columns.first; j < columns.last; ++j) {
            most = larger(x.row(i)[j * channels + c], most);
          }
        }
        to[c] = most;
      }
    }
    activate_row(y.row(row), site.out_row(), site.out.activation, site.out.alpha);
  }
}

template <class T>
inline void average_pooling_forward(const Site<T>& site) {
  const Operation& op = site.op;
  const int64_t channels = op.in.channels;
  const Rows<T> x = site.x(), y = site.y();
  for (int row = 0; row < op.out.height; ++row) {
    const Span rows = window_rows(op, row);
    for (int column = 0; column < op.out.width; ++column) {
      const Span columns = window_columns(op, column);
      const float share = 1.0f / static_cast<float>((rows.last - rows.first) *
                                                    (columns.last - columns.first));
      for (int c = 0; c < channels; ++c) {
        T sum = T{};
        for (int i = rows.first; i < rows.last; ++i) {
          for (int j = columns.first; j < columns.last; ++j) sum += x.row(i)[j * channels + c];
        }
        y.row(row)[column * channels + c] = sum * share;
      }
    }
    activate_row(y.row(row), site.out_row(), site.out.activation, site.out.alpha);
  }
}

// The four values of each window become their gradients where they stand: the first largest takes all.
inline void max_pooling_backward_2x2(const Site<Lanes>& site) {
  const Operation& op = site.op;
  const int64_t channels = op.in.channels;
  const Rows<Lanes> x = site.x(), dx = site.dx(), dy = site.dy();
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
        const Lanes most = larger(larger(v0, v1), larger(v2, v3));
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

inline void clear_rows(const Rows<Lanes>& rows, int height, int64_t first, int64_t last) {
  for (int r = 0; r < height; ++r) {
    for (int64_t i = first; i < last; ++i) rows.row(r)[i] = Lanes{};
  }
}

inline void carry_rows(const Site<Lanes>& site) {
  if (site.in.activation == SN_LINEAR) return;
  const Rows<Lanes> x = site.x(), dx = site.dx();
  for (int r = 0; r < site.op.in.height; ++r) {
    carry_row(dx.row(r), x.row(r), dx.row(r), site.in_row(), site.in.activation, site.in.alpha);
  }
}

inline bool apart(const Site<Lanes>& site) { return site.dx().at != site.x().at; }

// Windows that overlap add into a gradient of its own; those that don't write over the values.
inline void max_pooling_backward(const Site<Lanes>& site) {
  const Operation& op = site.op;
  const int64_t channels = op.in.channels;
  const Rows<Lanes> x = site.x(), dx = site.dx(), dy = site.dy();
  const bool own = apart(site);
  const bool plain = site.in.activation == SN_LINEAR;
  if (!own && plain && is_two_by_two(op)) {
    max_pooling_backward_2x2(site);
    if (op.in.width > 2 * op.out.width) {
      clear_rows(dx, op.in.height, 2 * op.out.width * channels, site.in_row());
    }
    for (int r = 2 * op.out.height; r < op.in.height; ++r) {
      for (int64_t i = 0; i < site.in_row(); ++i) dx.row(r)[i] = Lanes{};
    }
    return;
  }
  if (own) clear_rows(dx, op.in.height, 0, site.in_row());
  for (int row = 0; row < op.out.height; ++row) {
    const Span rows = window_rows(op, row);
    for (int column = 0; column < op.out.width; ++column) {
      const Span columns = window_columns(op, column);
      for (int c = 0; c < channels; ++c) {
        Lanes most = x.row(rows.first)[columns.first * channels + c];
        for (int i = rows.first; i < rows.last; ++i) {
          for (int j = columns.first; j < columns.last; ++j) {
            most = larger(x.row(i)[j * channels + c], most);
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
              dx.row(i)[at] = taken * slope(value, site.in.activation, site.in.alpha);
            }
          }
        }
      }
    }
  }
  if (own) return carry_rows(site);
  // Without overlap some rows or columns may belong to no window.
  for (int r = 0; r < op.in.height; ++r) {
    const int ry = r + op.window.pad_top, out_row = ry / op.window.stride_height;
    const bool row_used =
        out_row < op.out.height && ry % op.window.stride_height < op.window.height;
    for (int j = 0; j < op.in.width; ++j) {
      const int cx = j + op.window.pad_left, out_column = cx / op.window.stride_width;
      if (row_used && out_column < op.out.width &&
          cx % op.window.stride_width < op.window.width) {
        continue;
      }
      for (int c = 0; c < channels; ++c) dx.row(r)[j * channels + c] = Lanes{};
    }
  }
}

// Average pooling reads no values on its way back, so each input gathers from the windows over it.
inline void average_pooling_backward(const Site<Lanes>& site) {
  const Operation& op = site.op;
  const Window& w = op.window;
  const int64_t channels = op.in.channels;
  const Rows<Lanes> x = site.x(), dx = site.dx(), dy = site.dy();
  for (int r = 0; r < op.in.height; ++r) {
    const int ry = r + w.pad_top;
    const int row_from = ry < w.height ? 0 : (ry - w.height) / w.stride_height + 1;
    const int row_to = ry / w.stride_height < op.out.height ? ry / w.stride_height + 1 : op.out.height;
    for (int j = 0; j < op.in.width; ++j) {
      const int cx = j + w.pad_left;
      const int from = cx < w.width ? 0 : (cx - w.width) / w.stride_width + 1;
      const int to = cx / w.stride_width < op.out.width ? cx / w.stride_width + 1 : op.out.width;
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
        dx.row(r)[at] = sum * slope(x.row(r)[at], site.in.activation, site.in.alpha);
      }
    }
  }
}

}  // namespace sn
