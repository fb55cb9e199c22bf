// Integer operators without products, and images into and out of a slab.
#include "integer_rounding.h"
#include "integer_shuffle.h"

namespace sn {
namespace {

// The part of a window that is in the image.
struct Span {
  int32_t first, last;
};

Span inside(int32_t index, int32_t stride, int32_t padding, int32_t window, int32_t size) {
  const int64_t start = int64_t{index} * stride - padding, end = start + window;
  return {static_cast<int32_t>(start < 0 ? 0 : start),
          static_cast<int32_t>(end > size ? size : end)};
}

// A channel of a pixel, without the zero point; sides of 1 repeat.
SN_SMALL IntLanes channel_at(const Slab& slab, int32_t input, int32_t row, int32_t column,
                             int32_t channel) {
  const IntegerShape shape = slab.shape(input);
  row = shape.height > 1 ? row : 0;
  column = shape.width > 1 ? column : 0;
  channel = shape.channels > 1 ? channel : 0;
  const int64_t pixel = int64_t{row} * shape.width + column;
  const UnsignedLanes block = slab.value(input)[pixel * shape.blocks() + channel / 4];
  return reinterpret_cast<IntLanes>((block >> (8 * (channel % 4))) & 255u) - slab.zero(input);
}

IntLanes round_short(IntLanes sum, int32_t shift) { return (sum + (1 << (shift - 1))) >> shift; }

// One channel of a merge of its inputs.
IntLanes merged(const Slab& slab, const IntegerStep& step, int32_t i, int32_t j, int32_t channel) {
  const sn_integer_operator& op = *step.op;
  IntLanes found = channel_at(slab, op.inputs[0], i, j, channel);
  if (op.kind == SN_PRODUCT) {
    return requantize(found * channel_at(slab, op.inputs[1], i, j, channel), op.multiplier[0],
                      op.shift[0]);
  }
  found *= op.multiplier[0];
  if (op.kind != SN_SUM) found = round_short(found, op.shift[0]);
  for (int32_t k = 1; k < op.input_count; ++k) {
    const IntLanes next = channel_at(slab, op.inputs[k], i, j, channel) * op.multiplier[k];
    if (op.kind == SN_SUM) {
      found += next;
    } else {
      const IntLanes rounded = round_short(next, op.shift[0]);
      found = op.kind == SN_MAXIMUM ? larger(found, rounded) : smaller(found, rounded);
    }
  }
  return op.kind == SN_SUM ? round_short(found, op.shift[0]) : found;
}

IntLanes joined(const Slab& slab, const IntegerStep& step, int32_t i, int32_t j, int32_t channel) {
  const sn_integer_operator& op = *step.op;
  int32_t k = 0;
  for (; channel >= slab.shape(op.inputs[k]).channels; ++k) {
    channel -= slab.shape(op.inputs[k]).channels;
  }
  return round_short(channel_at(slab, op.inputs[k], i, j, channel) * op.multiplier[k], op.shift[0]);
}

IntLanes reshaped(const Slab& slab, const IntegerStep& step, int64_t pixel, int32_t channel) {
  const int64_t flat = pixel * step.out.channels + channel, at = flat / step.in.channels;
  return channel_at(slab, step.op->inputs[0], static_cast<int32_t>(at / step.in.width),
                    static_cast<int32_t>(at % step.in.width),
                    static_cast<int32_t>(flat % step.in.channels));
}

// Four bytes of a row of pixels from `at` on; outside of it padding. Inverted, a byte p is 255 - p.
SN_SMALL uint32_t four_bytes(const uint8_t* row, int64_t at, int64_t size, uint32_t invert,
                             uint32_t empty) {
  uint32_t word = 0;
  if (at >= 0 && at + 4 <= size) {
    __builtin_memcpy(&word, row + at, 4);
    return word ^ invert;
  }
  for (int j = 0; j < 4; ++j) {
    const bool is_inside = at + j >= 0 && at + j < size;
    word |= (is_inside ? (row[at + j] ^ invert) & 255u : empty) << (8 * j);
  }
  return word;
}

}  // namespace

void pool(const Slab& slab, const IntegerStep& step) {
  const sn_integer_operator& op = *step.op;
  const UnsignedLanes* x = slab.value(op.inputs[0]);
  const int32_t blocks = step.in.blocks(), zero = slab.zero(op.inputs[0]);
  const Target target(slab, step);
  for (int32_t i = 0; i < step.out.height; ++i) {
    const Span rows = inside(i, op.strides[0], op.padding[0], op.size[0], step.in.height);
    for (int32_t j = 0; j < step.out.width; ++j) {
      const Span columns = inside(j, op.strides[1], op.padding[1], op.size[1], step.in.width);
      const int64_t pixel = int64_t{i} * step.out.width + j;
      for (int32_t b = 0; b < blocks; ++b) {
        ByteLanes most = {};
        UnsignedLanes sums[4] = {};
        int32_t count = 0;
        for (int32_t r = rows.first; r < rows.last; ++r) {
          for (int32_t c = columns.first; c < columns.last; ++c, ++count) {
            const UnsignedLanes block = x[(int64_t{r} * step.in.width + c) * blocks + b];
            const ByteLanes bytes = reinterpret_cast<ByteLanes>(block);
            most = most > bytes ? most : bytes;
            if (op.kind == SN_MAX_POOLING) continue;
            for (int k = 0; k < 4; ++k) sums[k] += (block >> (8 * k)) & 255u;
          }
        }
        if (op.kind == SN_MAX_POOLING) {
          slab.blocks[step.value + pixel * blocks + b] = reinterpret_cast<UnsignedLanes>(most);
          continue;
        }
        int32_t n = 0;
        while (n + 1 < op.count && op.counts[n] != count) ++n;
        IntLanes v[4];
        for (int k = 0; k < 4; ++k) {
          v[k] = op.zero_point + offset_of(op) +
                 requantize(reinterpret_cast<IntLanes>(sums[k]) - count * zero, op.multiplier[n],
                            op.shift[n]);
        }
        target.store(pixel, 4 * b, v);
      }
    }
  }
}

namespace {

// A merge of inputs that all have the shape of the output: block after block.
void merge_blocks(const Slab& slab, const IntegerStep& step, const Target& target) {
  const sn_integer_operator& op = *step.op;
  const int32_t blocks = step.out.blocks(), shift = op.shift[0],
                add = op.zero_point + offset_of(op);
  for (int64_t i = 0; i < step.out.size(); ++i) {
    IntLanes v[4];
    for (int32_t k = 0; k < op.input_count; ++k) {
      const UnsignedLanes block = slab.value(op.inputs[k])[i];
      const int32_t zero = slab.zero(op.inputs[k]);
      for (int c = 0; c < 4; ++c) {
        IntLanes x = reinterpret_cast<IntLanes>((block >> (8 * c)) & 255u) - zero;
        if (op.kind != SN_PRODUCT) x *= op.multiplier[k];
        if (op.kind == SN_MAXIMUM || op.kind == SN_MINIMUM) x = round_short(x, shift);
        if (k == 0) {
          v[c] = x;
        } else if (op.kind == SN_SUM) {
          v[c] += x;
        } else if (op.kind == SN_PRODUCT) {
          v[c] *= x;
        } else {
          v[c] = op.kind == SN_MAXIMUM ? larger(v[c], x) : smaller(v[c], x);
        }
      }
    }
    for (IntLanes& each : v) {
      if (op.kind == SN_SUM) each = round_short(each, shift);
      if (op.kind == SN_PRODUCT) each = requantize(each, op.multiplier[0], shift);
      each += add;
    }
    target.store(i / blocks, static_cast<int32_t>(i % blocks) * 4, v);
  }
}

bool are_alike(const Slab& slab, const IntegerStep& step) {
  if (step.op->kind == SN_CONCATENATION || step.op->kind == SN_RESHAPING) return false;
  for (int32_t k = 0; k < step.op->input_count; ++k) {
    const IntegerShape in = slab.shape(step.op->inputs[k]), out = step.out;
    if (in.height != out.height || in.width != out.width || in.channels != out.channels) {
      return false;
    }
  }
  return true;
}

// Any other: channel after channel.
SN_SMALL void merge_channels(const Slab& slab, const IntegerStep& step, const Target& target) {
  const int32_t kind = step.op->kind, channels = step.out.channels;
  for (int64_t pixel = 0; pixel < step.out.pixels(); ++pixel) {
    const int32_t i = static_cast<int32_t>(pixel / step.out.width);
    const int32_t j = static_cast<int32_t>(pixel % step.out.width);
    for (int32_t first = 0; first < channels; first += 4) {
      IntLanes v[4] = {};
      for (int32_t c = first; c < first + 4 && c < channels; ++c) {
        v[c - first] = step.op->zero_point + offset_of(*step.op) +
                       (kind == SN_CONCATENATION ? joined(slab, step, i, j, c)
                        : kind == SN_RESHAPING   ? reshaped(slab, step, pixel, c)
                                                 : merged(slab, step, i, j, c));
      }
      target.store(pixel, first, v);
    }
  }
}

}  // namespace

void merge(const Slab& slab, const IntegerStep& step) {
  const Target target(slab, step);
  if (are_alike(slab, step)) {
    merge_blocks(slab, step, target);
  } else {
    merge_channels(slab, step, target);
  }
}

// Pixels as they are, in other places; or bytes through a table.
SN_SMALL void move(const Slab& slab, const IntegerStep& step) {
  const sn_integer_operator& op = *step.op;
  const UnsignedLanes* x = slab.value(op.inputs[0]);
  UnsignedLanes* to = slab.blocks + step.value;
  const int32_t blocks = step.in.blocks();
  const UnsignedLanes empty =
      UnsignedLanes{} + 0x01010101u * static_cast<uint32_t>(op.zero_point + 128);
  if (op.kind == SN_LOOKUP) {
    const uint8_t* from = reinterpret_cast<const uint8_t*>(x);
    uint8_t* bytes = reinterpret_cast<uint8_t*>(to);
    const int64_t size = step.out.size() * int64_t{sizeof(IntLanes)};
    for (int64_t k = 0; k < size; ++k) bytes[k] = static_cast<uint8_t>(op.kernel[from[k]] + 128);
    return;
  }
  for (int32_t i = 0; i < step.out.height; ++i) {
    for (int32_t j = 0; j < step.out.width; ++j) {
      int32_t y = i + op.padding[0], x_at = j + op.padding[1];
      if (op.kind == SN_PADDING) y = i - op.padding[0], x_at = j - op.padding[1];
      if (op.kind == SN_UP_SAMPLING) y = i / op.size[0], x_at = j / op.size[1];
      const bool is_inside = y >= 0 && y < step.in.height && x_at >= 0 && x_at < step.in.width;
      for (int32_t b = 0; b < blocks; ++b) {
        *to++ = is_inside ? x[(int64_t{y} * step.in.width + x_at) * blocks + b] : empty;
      }
    }
  }
}

const UnsignedLanes* pad(const Slab& slab, const IntegerStep& step, const UnsignedLanes* value) {
  const sn_integer_operator& op = *step.op;
  const UnsignedLanes empty =
      UnsignedLanes{} + 0x01010101u * static_cast<uint32_t>(slab.zero(op.inputs[0]));
  UnsignedLanes* const first = slab.blocks + slab.state.padded;
  UnsignedLanes* to = first;
  const int64_t rows = side_read(op, 0), blocks = step.pixel_blocks;
  for (int64_t y = -int64_t{op.padding[0]}; y < rows - op.padding[0]; ++y) {
    const bool is_inside = y >= 0 && y < step.in.height;
    const UnsignedLanes* from = value + y * step.in.width * blocks;
    for (int64_t x = -int64_t{op.padding[1]}; x < step.row_pixels - op.padding[1]; ++x) {
      const bool is_pixel = is_inside && x >= 0 && x < step.in.width;
      for (int64_t b = 0; b < blocks; ++b) *to++ = is_pixel ? from[x * blocks + b] : empty;
    }
  }
  return first;
}

SN_SMALL void read_images(const Slab& slab) {
  const IntegerShape shape = slab.shape(SN_IMAGE);
  const int64_t size = shape.pixels() * shape.channels;
  const uint32_t invert = slab.state.network.inverted ? ~0u : 0u;
  uint32_t* to = reinterpret_cast<uint32_t*>(slab.blocks + slab.state.image);
  for (int64_t pixel = 0; pixel < shape.pixels(); ++pixel) {
    for (int32_t c = 0; c < shape.channels; c += 4) {
      for (int32_t i = 0; i < kLanes; ++i) {
        const uint8_t* row =
            slab.images + (i < slab.count ? i : slab.count - 1) * size + pixel * shape.channels;
        *to++ = four_bytes(row, c, shape.channels, invert, 0);
      }
    }
  }
}

namespace {

constexpr int64_t kAhead = 256;  // bytes: no prefetcher follows as many images as there are lanes

// Sixteen bytes of each image from `start` on as four blocks. Beyond the image they are anything.
SN_SMALL void read_ends(const uint8_t* const* images, int64_t start, int64_t size,
                        UnsignedLanes (&four)[4]) {
  uint8_t* to = reinterpret_cast<uint8_t*>(four);
  for (int64_t k = 0; k < 16; ++k) {
    const int64_t at = start + k < 0 ? 0 : start + k < size ? start + k : size - 1;
    for (int64_t i = 0; i < kLanes; ++i) to[(k / 4 * kLanes + i) * 4 + k % 4] = images[i][at];
  }
}

void read_words(const uint8_t* const* images, int64_t start, int64_t size,
                UnsignedLanes (&four)[4]) {
  for (int i = 0; i < kLanes; ++i) __builtin_prefetch(images[i] + start + kAhead);
  if (start < 0 || start + 16 > size) return read_ends(images, start, size, four);
  UnsignedLanes x[4];
  for (int i = 0; i < 4; ++i) x[i] = gather_words(images + i, start, AllLanes{});
  transpose(x, four);
}

// The bits of a word whose bytes, from `at` on, are in a line.
uint32_t bits_inside(int64_t at, int64_t line) {
  uint32_t bits = 0;
  for (int64_t j = 0; j < 4; ++j) bits |= (at + j >= 0 && at + j < line ? 255u : 0u) << (8 * j);
  return bits;
}

}  // namespace

// The rows of a slab's images, padded, with the next four pixels at each: every fourth is read, where four
// words of a row follow as one; the words between are put together from two. What a row has too
// many, the next one overwrites. Then, if they are wanted, columns: four rows at each pixel.
void read_rows(const Slab& slab, const IntegerStep& step) {
  const sn_integer_operator& op = *step.op;
  const int64_t width = step.in.width, size = width * step.in.height, pixels = step.row_pixels;
  const uint32_t invert = slab.state.network.inverted ? ~0u : 0u;
  const uint32_t empty = static_cast<uint32_t>(slab.zero(SN_IMAGE)) * 0x01010101u;
  const uint8_t* images[kLanes];
  for (int32_t i = 0; i < kLanes; ++i) {
    images[i] = slab.images + (i < slab.count ? i : slab.count - 1) * size;
  }
  const int64_t rows = side_read(op, 0);
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t y = r - op.padding[0];
    const int64_t line = y >= 0 && y < step.in.height ? width : 0;
    UnsignedLanes* to = slab.blocks + step.rows + r * pixels;
    UnsignedLanes before = {};
    int64_t at = -int64_t{op.padding[1]};
    for (int64_t x = 0; x < pixels; x += 16, at += 16) {
      UnsignedLanes four[4] = {};
      if (line) read_words(images, y * line + at, size, four);
      for (int i = 0; i < 4; ++i) four[i] ^= invert;
      if (at < 0 || at + 16 > line) {
        for (int i = 0; i < 4; ++i) {
          const uint32_t bits = bits_inside(at + 4 * i, line);
          four[i] = (four[i] & bits) | (empty & ~bits);
        }
      }
      for (int i = 0; i < 4; ++i, to += 4, before = four[i - 1]) {
        for (int k = 1; k < 4 && (x || i); ++k) {
          to[k - 4] = before >> (8 * k) | four[i] << (32 - 8 * k);
        }
        to[0] = four[i];
      }
    }
    for (int k = 1; k < 4; ++k) to[k - 4] = before >> (8 * k);
  }
  if (!step.columns) return;
  for (int64_t r = 0; r < rows + 3; ++r) {
    const UnsignedLanes* row = slab.blocks + step.rows + (r < rows ? r : rows - 1) * pixels;
    UnsignedLanes* to = slab.blocks + step.columns + (r < 3 ? 0 : r - 3) * pixels;
    const UnsignedLanes* above = r < 4 ? to : to - pixels;
    for (int64_t x = 0; x < pixels; ++x) to[x] = above[x] >> 8 | row[x] << 24;
  }
}

SN_SMALL void write_outputs(const Slab& slab) {
  const IntegerStep& last = slab.state.steps[slab.state.network.operator_count - 1];
  if (last.op->low < -128 || last.op->high > 127) return;
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(slab.blocks + last.value);
  const int32_t channels = last.out.channels, blocks = last.out.blocks();
  for (int32_t i = 0; i < slab.count; ++i) {
    int16_t* to = slab.outputs + i * last.out.pixels() * channels;
    for (int64_t pixel = 0; pixel < last.out.pixels(); ++pixel) {
      for (int32_t c = 0; c < channels; ++c) {
        const int64_t block = pixel * blocks + c / 4;
        *to++ = static_cast<int16_t>(bytes[(block * kLanes + i) * 4 + c % 4] - 128);
      }
    }
  }
}

}  // namespace sn
