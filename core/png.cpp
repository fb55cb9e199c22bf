// Rows of a PNG (ISO/IEC 15948, clause 9): the filter of each row is undone.
//
// Knows bytes of rows, nothing of chunks, compression or images. The result may be written over the
// beginning of what is read: a row's place there is always before its place here.
#include "spritenet.h"
#include "text.h"

namespace {

enum Filter { kNone = 0, kSub = 1, kUp = 2, kAverage = 3, kPaeth = 4 };

constexpr int kWide = 16;  // bytes of a row summed at a time

typedef uint8_t Bytes __attribute__((vector_size(kWide)));
typedef uint8_t LooseBytes __attribute__((vector_size(kWide), aligned(1), may_alias));

// Byte i of the result is byte i - by of the argument, or 0.
template <int by>
Bytes moved(Bytes v) {
  const Bytes zero = {};
  return __builtin_shufflevector(zero, v, 16 - by, 17 - by, 18 - by, 19 - by, 20 - by, 21 - by,
                                 22 - by, 23 - by, 24 - by, 25 - by, 26 - by, 27 - by, 28 - by,
                                 29 - by, 30 - by, 31 - by);
}

// Each byte plus the ones `pixel`, 2 pixel, … before it: a running sum in log2(16 / pixel) steps.
// `last` stays in a register: the pixel before this vector, in every place. Whole pixels are done; behind
// five of 3 bytes, a byte is written that was read, and is written again.
template <int pixel>
int64_t sub_wide(const uint8_t* in, int64_t size, uint8_t* out) {
  Bytes last = {};
  int64_t i = 0;
  for (; i + kWide <= size; i += kWide - kWide % pixel) {
    Bytes sums = *reinterpret_cast<const LooseBytes*>(in + i);
    sums += moved<pixel>(sums);
    sums += moved<2 * pixel>(sums);
    if constexpr (pixel <= 3) sums += moved<4 * pixel>(sums);
    if constexpr (pixel == 1) sums += moved<8 * pixel>(sums);
    sums += last;
    *reinterpret_cast<LooseBytes*>(out + i) = sums;
    if constexpr (pixel == 1) {
      last = __builtin_shufflevector(sums, sums, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
                                     15, 15, 15);
    } else if constexpr (pixel == 2) {
      last = __builtin_shufflevector(sums, sums, 14, 15, 14, 15, 14, 15, 14, 15, 14, 15, 14, 15, 14,
                                     15, 14, 15);
    } else if constexpr (pixel == 3) {
      last = __builtin_shufflevector(sums, sums, 12, 13, 14, 12, 13, 14, 12, 13, 14, 12, 13, 14, 12,
                                     13, 14, 12);
    } else {
      last = __builtin_shufflevector(sums, sums, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12,
                                     13, 14, 15);
    }
  }
  return i;
}

void sub(const uint8_t* in, int64_t size, int pixel, uint8_t* out) {
  int64_t i = 0;
  if (pixel == 1) i = sub_wide<1>(in, size, out);
  if (pixel == 2) i = sub_wide<2>(in, size, out);
  if (pixel == 3) i = sub_wide<3>(in, size, out);
  if (pixel == 4) i = sub_wide<4>(in, size, out);
  for (; i < size; ++i) {
    out[i] = static_cast<uint8_t>(in[i] + (i < pixel ? 0 : out[i - pixel]));
  }
}

int paeth(int a, int b, int c) {
  const int p = a + b - c;
  const int pa = p < a ? a - p : p - a, pb = p < b ? b - p : p - b, pc = p < c ? c - p : p - c;
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

// `above` is the row before, or null before the first, where it counts as zeros.
void undo(int filter, const uint8_t* in, const uint8_t* above, int64_t size, int pixel,
          uint8_t* out) {
  switch (filter) {
    case kNone:
      __builtin_memmove(out, in, static_cast<__SIZE_TYPE__>(size));
      return;
    case kSub:
      sub(in, size, pixel, out);
      return;
    case kUp:
      for (int64_t i = 0; i < size; ++i) {
        out[i] = static_cast<uint8_t>(in[i] + (above ? above[i] : 0));
      }
      return;
    case kAverage:
      for (int64_t i = 0; i < size; ++i) {
        const int left = i < pixel ? 0 : out[i - pixel];
        out[i] = static_cast<uint8_t>(in[i] + (left + (above ? above[i] : 0)) / 2);
      }
      return;
    default:
      for (int64_t i = 0; i < size; ++i) {
        const int left = i < pixel ? 0 : out[i - pixel];
        const int up = above ? above[i] : 0;
        const int corner = above && i >= pixel ? above[i - pixel] : 0;
        out[i] = static_cast<uint8_t>(in[i] + paeth(left, up, corner));
      }
  }
}

}  // namespace

int64_t sn_png_rows(const uint8_t* filtered, int64_t rows, int64_t row_bytes, int32_t pixel_bytes,
                    int32_t highest_filter, uint8_t* out) {
  if (!filtered || !out || rows < 0 || row_bytes < 1 || pixel_bytes < 1) return -1;
  for (int64_t row = 0; row < rows; ++row) {
    const uint8_t* in = filtered + row * (row_bytes + 1);
    uint8_t* to = out + row * row_bytes;
    if (in[0] > highest_filter || in[0] > kPaeth) return row;
    undo(in[0], in + 1, row ? to - row_bytes : nullptr, row_bytes, pixel_bytes, to);
  }
  return rows;
}
