// An image resampled once, by an affine map and a field of displacements, in whole numbers.
//
// For every place there is a word with the pixel and its right, lower and lower right neighbours, also
// along a border of what lies outside. So each pixel of the result is one load and four products.
#pragma once

#include "plan.h"

namespace sn {

enum FillMode : int32_t {
  kReflect,
  kWrap,
  kConstant,
  kNearest
};  // the order of the table's choices

struct Filling {
  int32_t mode;
  bool nearest;  // no interpolation
  uint8_t value;
};

// From the result to the image: x' = xx x + xy y + x0, y' = yx x + yy y + y0.
struct Affine {
  double xx = 1, xy = 0, x0 = 0, yx = 0, yy = 1, y0 = 0;
};

inline int32_t outside(int32_t at, int32_t side, int32_t mode) {
  if (at >= 0 && at < side) return at;
  if (mode == kConstant) return -1;
  if (mode == kWrap) return (at + side) % side;
  return at < 0 ? 0 : side - 1;  // one pixel further, reflecting is the same
}

// A row with one pixel before it and two behind it.
inline void border_row(const uint8_t* image, Shape shape, int32_t y, const Filling& filling,
                       uint8_t* row) {
  const int32_t c = shape.channels, from = outside(y, shape.height, filling.mode);
  const int64_t bytes = int64_t{shape.width} * c;
  if (from < 0) {
    __builtin_memset(row, filling.value, static_cast<__SIZE_TYPE__>(bytes + 3 * c));
    return;
  }
  const uint8_t* source = image + from * bytes;
  __builtin_memcpy(row + c, source, static_cast<__SIZE_TYPE__>(bytes));
  for (int32_t i = 0; i < 3; ++i) {
    const int32_t x = i == 0 ? -1 : shape.width + i - 1;
    const int32_t at = outside(x, shape.width, filling.mode);
    for (int32_t k = 0; k < c; ++k) {
      row[(x + 1) * c + k] = at < 0 ? filling.value : source[int64_t{at} * c + k];
    }
  }
}

inline void find_corners(const uint8_t* image, Shape shape, const Filling& filling,
                         uint8_t* const (&rows)[2], int32_t* corners) {
  const int32_t c = shape.channels;
  const int64_t count = int64_t{shape.width + 2} * c;
  border_row(image, shape, -1, filling, rows[0]);
  for (int32_t y = -1; y <= shape.height; ++y) {
    const uint8_t* above = rows[(y + 1) & 1];
    uint8_t* below = rows[y & 1];
    border_row(image, shape, y + 1, filling, below);
    uint32_t* out = reinterpret_cast<uint32_t*>(corners + (y + 1) * count);
    for (int64_t i = 0; i < count; ++i) {
      out[i] = above[i] | uint32_t{above[i + c]} << 8 | uint32_t{below[i]} << 16 |
               uint32_t{below[i + c]} << 24;
    }
  }
}

// Places are counted in 2^-16 pixels.
constexpr int32_t kPixel = 65536, kFarthest = 1 << 30;

inline int32_t folded(int32_t at, int32_t side, int32_t mode) {
  const int32_t length = side * kPixel;
  if (mode == kWrap) {
    const int32_t rest = at % length;
    return rest < 0 ? rest + length : rest;
  }
  int32_t rest = (at + kPixel / 2) % (2 * length);
  if (rest < 0) rest += 2 * length;
  return (rest > length ? 2 * length - rest : rest) - kPixel / 2;
}

// Brings places into the image and its border.
inline void bound(int32_t (&at)[64], int32_t count, int32_t side, const Filling& filling) {
  if (filling.nearest) {
    for (int32_t i = 0; i < count; ++i) at[i] = (at[i] + kPixel / 2) & ~(kPixel - 1);
  }
  if (filling.mode == kConstant || filling.mode == kNearest) {
    const int32_t low = filling.mode == kConstant ? -kPixel : 0;
    const int32_t high = (filling.mode == kConstant ? side : side - 1) * kPixel;
    for (int32_t i = 0; i < count; ++i) {
      at[i] = at[i] < low ? low : at[i] > high ? high : at[i];
    }
    return;
  }
  for (int32_t i = 0; i < count; ++i) {
    if (at[i] < 0 || at[i] >= side * kPixel) at[i] = folded(at[i], side, filling.mode);
  }
  if (!filling.nearest) return;
  for (int32_t i = 0; i < count; ++i) at[i] = (at[i] + kPixel / 2) & ~(kPixel - 1);
}

inline int64_t fixed(double value) {  // 2^-32
  const double bounded = value > 1e6 ? 1e6 : value < -1e6 ? -1e6 : value;
  const double scaled = bounded * 4294967296.0;
  return static_cast<int64_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

inline int32_t place_of(int64_t fixed_place) {
  const int64_t place = (fixed_place + (1 << 15) + (1 << 23)) >> 16;  // to the nearest 2^-8
  return static_cast<int32_t>(place < -kFarthest  ? -kFarthest
                              : place > kFarthest ? kFarthest
                                                  : place);
}

// `field`: displacements of the result's places in 2^-8 pixels, all of x and then all of y; or null.
inline void resample(const int32_t* corners, Shape in, Shape out_shape, const Affine& map,
                     const int32_t* field, const Filling& filling, uint8_t* out) {
  const int32_t c = in.channels, stride = in.width + 2, area = out_shape.width * out_shape.height;
  const int64_t xx = fixed(map.xx), xy = fixed(map.xy), x0 = fixed(map.x0);
  const int64_t yx = fixed(map.yx), yy = fixed(map.yy), y0 = fixed(map.y0);
  const int32_t step_x = static_cast<int32_t>((xx + (1 << 15)) >> 16);
  const int32_t step_y = static_cast<int32_t>((yx + (1 << 15)) >> 16);
  const int32_t bend[4] = {static_cast<int32_t>(xx >> 20), static_cast<int32_t>(xy >> 20),
                           static_cast<int32_t>(yx >> 20), static_cast<int32_t>(yy >> 20)};
  int32_t x[64], y[64], at[64];
  uint32_t right[64], down[64];
  for (int32_t row = 0; row < out_shape.height; ++row) {
    for (int32_t first = 0; first < out_shape.width; first += 64) {
      const int32_t left = out_shape.width - first, count = left < 64 ? left : 64;
      const int32_t from_x = place_of(xx * first + xy * row + x0);
      const int32_t from_y = place_of(yx * first + yy * row + y0);
      for (int32_t i = 0; i < count; ++i) {
        x[i] = from_x + step_x * i;
        y[i] = from_y + step_y * i;
      }
      if (field) {
        const int32_t* dx = field + row * out_shape.width + first;
        const int32_t* dy = dx + area;
        for (int32_t i = 0; i < count; ++i) {
          x[i] += (bend[0] * dx[i] + bend[1] * dy[i]) >> 4;
          y[i] += (bend[2] * dx[i] + bend[3] * dy[i]) >> 4;
        }
      }
      bound(x, count, in.width, filling);
      bound(y, count, in.height, filling);
      for (int32_t i = 0; i < count; ++i) {
        at[i] = (((y[i] >> 16) + 1) * stride + (x[i] >> 16) + 1) * c;
        right[i] = static_cast<uint32_t>(x[i]) >> 8 & 255;
        down[i] = static_cast<uint32_t>(y[i]) >> 8 & 255;
      }
      uint8_t* to = out + (int64_t{row} * out_shape.width + first) * c;
      for (int32_t k = 0; k < c; ++k) {
        for (int32_t i = 0; i < count; ++i) {
          const uint32_t four = static_cast<uint32_t>(corners[at[i] + k]);
          // The upper and the lower pair side by side, 16 bits each.
          const uint32_t pairs =
              (four & 0x00FF00FF) * (256 - right[i]) + (four >> 8 & 0x00FF00FF) * right[i];
          const uint32_t sum = (pairs & 0xFFFF) * (256 - down[i]) + (pairs >> 16) * down[i];
          to[int64_t{i} * c + k] = static_cast<uint8_t>((sum + 32768) >> 16);
        }
      }
    }
  }
}

}  // namespace sn
