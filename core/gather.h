// Images of a data set into the lanes of a slab, by index, and never anywhere else as floats.
#pragma once

#include "kernels/activation.h"
#include "order.h"

namespace sn {

// The images of one slab. Lanes beyond `count` repeat the first image; nothing they give is used.
struct Picked {
  int64_t index[kLanes];
  int count;
  // In training with augmentation: the images' keys, and those that are mixed with them.
  bool augmented;
  uint64_t key[kLanes], partner_key[kLanes];
  int64_t partner[kLanes];
  float part[kLanes];  // of the targets that is the partner's
};

// Where the pixels of one image are among those the host gave.
struct PixelLayout {
  int64_t image, row, first;  // bytes of an image and of a row; the first pixel's
};

// Writes x * scale + offset for each pixel of each image. Little-endian, as all targets are.
inline void gather(const int64_t (&index)[kLanes], const uint8_t* images, const PixelLayout& layout,
                   Shape shape, float scale, float offset, const Rows<Lanes>& to) {
  const int64_t row = int64_t{shape.width} * shape.channels;
  const uint8_t* from[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    from[i] = images + index[i] * layout.image + layout.first;
  }
  for (int r = 0; r < shape.height; ++r) {
    Lanes* out = to.row(r);
    int64_t p = 0;
    // Four neighbouring pixels of each image at once: one load and one insertion for four values.
    for (; p + 4 <= row; p += 4) {
      IntLanes four;
      for (int i = 0; i < kLanes; ++i) {
        int32_t bytes;
        __builtin_memcpy(&bytes, from[i] + r * layout.row + p, 4);
        four[i] = bytes;
      }
      for (int k = 0; k < 4; ++k) {
        out[p + k] = to_float<Lanes>((four >> (8 * k)) & 255) * scale + offset;
      }
    }
    for (; p < row; ++p) {
      IntLanes pixel;
      for (int i = 0; i < kLanes; ++i) pixel[i] = from[i][r * layout.row + p];
      out[p] = to_float<Lanes>(pixel) * scale + offset;
    }
  }
}

inline void gather_one(const uint8_t* image, const PixelLayout& layout, Shape shape, float scale,
                       float offset, const Rows<float>& to) {
  const int64_t row = int64_t{shape.width} * shape.channels;
  for (int r = 0; r < shape.height; ++r) {
    for (int64_t p = 0; p < row; ++p) {
      to.row(r)[p] = static_cast<float>(image[layout.first + r * layout.row + p]) * scale + offset;
    }
  }
}

}  // namespace sn
