// int8 inference (docs/reference/int8.md): how values lie in memory, and what a network's steps keep.
//
// A slab is kLanes images. A block is one vector: of each image four channels of a pixel, as bytes
// q + 128. A value is its pixels' blocks, row by row. So a product with four weights, summed, is one
// instruction where the processor has it, and no operator depends on the image's shape.
#pragma once

#include "lanes.h"
#include "spritenet.h"

// The kinds of operators: spritenet.h's `kind`.
enum sn_integer_kind {
  SN_CONVOLUTION = 0,  // and dense: a kernel as large as its input
  SN_MAX_POOLING = 1,
  SN_AVERAGE_POOLING = 2,
  SN_LOOKUP = 3,
  SN_SUM = 4,
  SN_PRODUCT = 5,
  SN_MAXIMUM = 6,
  SN_MINIMUM = 7,
  SN_CONCATENATION = 8,
  SN_PADDING = 9,
  SN_CROPPING = 10,
  SN_UP_SAMPLING = 11,
  SN_RESHAPING = 12
};

namespace sn {

typedef uint32_t UnsignedLanes __attribute__((vector_size(kLanes * 4), aligned(kLanes * 4)));
typedef uint8_t ByteLanes __attribute__((vector_size(kLanes * 4), aligned(kLanes * 4), may_alias));
typedef int16_t ShortLanes __attribute__((vector_size(kLanes * 4)));
typedef int64_t LongLanes __attribute__((vector_size(kLanes * 4)));

inline constexpr int kPositions = 4;               // outputs of a channel summed at a time
inline constexpr int kTile = kSums >= 24 ? 4 : 2;  // channels that go with them into registers
inline constexpr int kStrip = 4, kLongStrip = 16;  // channels finished at a time; of few positions
inline constexpr int kRows = 16;                   // of a tile: channels of weights, or blocks
inline constexpr int64_t kAlignment = 128;

// Sums of products of bytes with weights, which are bytes, too: `kWords` words hold four of them. With
// instructions for it, one each; else two sums of products of 16 bits, else four products.
#if defined(__AVX__)
struct ByteDots {
  static constexpr int kWords = 1;
  static constexpr bool kHasTiles = kLanes == 16;
  struct Operand {
    UnsignedLanes x;
    explicit Operand(UnsignedLanes block) : x(block) {}
  };
  static void add(UnsignedLanes& sum, const Operand& a, const UnsignedLanes* w) {
#if defined(__AVX512F__)
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a.x), "v"(w[0]));
#else
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(a.x), "x"(w[0]));
#endif
  }
};
#endif

#if defined(__SSE2__) || defined(__wasm__)
struct PlainDots {
  static constexpr int kWords = 2;
  static constexpr bool kHasTiles = false;
  struct Operand {
    UnsignedLanes even, odd;
    explicit Operand(UnsignedLanes block)
        : even(block & 0xff00ffu), odd((block >> 8) & 0xff00ffu) {}
  };
  static UnsignedLanes products(UnsignedLanes a, UnsignedLanes b) {
#if defined(__AVX512BW__)
    return reinterpret_cast<UnsignedLanes>(__builtin_ia32_pmaddwd512(
        reinterpret_cast<ShortLanes>(a), reinterpret_cast<ShortLanes>(b)));
#elif defined(__AVX2__)
    return reinterpret_cast<UnsignedLanes>(__builtin_ia32_pmaddwd256(
        reinterpret_cast<ShortLanes>(a), reinterpret_cast<ShortLanes>(b)));
#elif defined(__wasm__)
    return reinterpret_cast<UnsignedLanes>(__builtin_wasm_dot_s_i32x4_i16x8(
        reinterpret_cast<ShortLanes>(a), reinterpret_cast<ShortLanes>(b)));
#else
    return reinterpret_cast<UnsignedLanes>(__builtin_ia32_pmaddwd128(
        reinterpret_cast<ShortLanes>(a), reinterpret_cast<ShortLanes>(b)));
#endif
  }
  static void add(UnsignedLanes& sum, const Operand& a, const UnsignedLanes* w) {
    sum += products(a.even, w[0]) + products(a.odd, w[1]);
  }
};
#else
struct PlainDots {
  static constexpr int kWords = 4;
  static constexpr bool kHasTiles = false;
  struct Operand {
    UnsignedLanes x[4];
    explicit Operand(UnsignedLanes block)
        : x{block & 255u, (block >> 8) & 255u, (block >> 16) & 255u, block >> 24} {}
  };
  static void add(UnsignedLanes& sum, const Operand& a, const UnsignedLanes* w) {
    for (int i = 0; i < 4; ++i) sum += a.x[i] * w[i];
  }
};
#endif

// The instructions that multiply bytes.
enum Instructions { kPlain = 0, kByteDots = 1, kTiles = 2 };

struct IntegerShape {
  int32_t height, width, channels;
  int64_t pixels() const { return int64_t{height} * width; }
  int32_t blocks() const { return (channels + 3) / 4; }  // of a pixel
  int64_t size() const { return pixels() * blocks(); }
};

// The form in which an operator's integers are kept: bytes as q + 128.
inline bool is_wide(const sn_integer_operator& op) { return op.low < -128 || op.high > 127; }
inline int32_t offset_of(const sn_integer_operator& op) { return is_wide(op) ? 0 : 128; }

// An operator, and where its value and its weights are.
struct IntegerStep {
  const sn_integer_operator* op;
  IntegerShape in, out;  // of the first input; of the output
  int64_t value;         // blocks of a slab's memory before its own
  int64_t weights;       // words before its own
  int64_t roundings;     // those of other steps before its own
  int64_t rows;     // blocks before those of the image's rows; -1 if its input is an ordinary value
  int64_t columns;  // blocks before those with four rows of a column; 0 if no tap reads them
  int32_t padded;   // 1: its input is copied with padding
  int32_t row_pixels, pixel_blocks;  // of a row, and of a pixel, of what its windows read
  int32_t taps, run;                 // places that a sum reads, and the blocks read at each
  int32_t positions;  // outputs of a channel summed at a time: 4, or with quads 2, or 1
  int32_t strip;      // channels finished at a time
  int32_t tiles;      // tiles that a sum reads; 0: it has registers of its own
  int32_t joined;     // 1: the blocks that a sum reads follow one another
  int32_t done;       // 1: by the step before it
  int32_t quads;      // quads of columns that a row of a window reads; 0: it reads blocks
  int32_t rule;       // of enum Rule: the fastest that is exact for every channel
  int32_t pooled;     // 1: the largest of 2x2 sums goes to the next step's value
};

// Ways from sums to integers, all exact where they are chosen: by 64 bits; by the high half of a product
// of 64 bits; by a product and a sum in float, rounded once.
enum Rule { kLongRule = 0, kHighRule = 1, kFloatRule = 2 };

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
inline constexpr bool kHasFloatRule = true;
#else
inline constexpr bool kHasFloatRule = false;
#endif

// From a channel's sums, which begin with its bias, to its integers. `more` is half, the zero point and
// the offset in the units of kHighRule; `factor` and `base` are those of kFloatRule.
struct Rounding {
  int32_t bias, multiplier, shift, zero, more;
  float factor, base;
};

// The term that kFloatRule adds to a product: a whole number of its last bit, which is 1, and its bits.
inline constexpr float kUnits = 12582912.0f;  // 1.5 * 2^23
inline constexpr int32_t kUnitBits = 0x4b400000;

// The channels of a step's strips.
inline int64_t padded_channels(const IntegerStep& step) {
  return (int64_t{step.out.channels} + step.strip - 1) / step.strip * step.strip;
}

// Rows of the input, from the first to the last that a row of outputs reads.
inline int32_t kept_rows(const sn_integer_operator& op) {
  return (op.size[0] - 1) * op.dilation[0] + 1;
}

// Of a step with quads: the vectors of a row of the input, four for each quad of each group of positions;
// and the words of the weights of four channels, if those of four weights are `words`.
inline int64_t quad_vectors(const IntegerStep& step) {
  return int64_t{step.out.width + step.positions - 1} / step.positions * step.quads * 4;
}
inline int64_t quad_words(const IntegerStep& step, int32_t words) {
  return int64_t{step.op->size[0]} * step.quads * step.positions * words * 4;
}

// Four pixels of the window of a convolution that reads an image's rows: of a row, or of a column.
struct RowTap {
  int32_t row, column;  // of the first
  bool is_column;
};

// The taps of such a window: words of whole rows, then the bytes that are left of them, which are words of
// columns where these are fewer. A window of 5x5 has 7.
struct RowTaps {
  int32_t rows, whole, rest, fours, last;
  bool is_column;  // the last ones

  explicit RowTaps(const sn_integer_operator& op) {
    const bool may_have_columns = op.dilation[0] == 1;
    rows = op.size[0];
    whole = op.size[1] / 4;
    rest = op.size[1] % 4;
    fours = may_have_columns && rest ? rows / 4 : 0;
    const int32_t left = rows - 4 * fours;
    is_column = may_have_columns && rest < left;
    last = rest == 0 ? 0 : is_column ? rest : left;
  }
  int32_t count() const { return rows * whole + fours * rest + last; }
  bool has_columns() const { return fours > 0 || (is_column && last > 0); }
  RowTap operator[](int32_t tap) const {
    if (tap < rows * whole) return {tap / whole, tap % whole * 4, false};
    tap -= rows * whole;
    if (tap < fours * rest) return {tap / rest * 4, 4 * whole + tap % rest, true};
    tap -= fours * rest;
    if (is_column) return {4 * fours, 4 * whole + tap, true};
    return {4 * fours + tap, 4 * whole, false};
  }
};

// The rows, or columns, of its padded input that a convolution reads: `axis` 0 or 1.
inline int64_t side_read(const sn_integer_operator& op, int axis) {
  return (int64_t{op.shape[axis]} - 1) * op.strides[axis] +
         (int64_t{op.size[axis]} - 1) * op.dilation[axis] + 1;
}

// The first of the blocks of input that a strip of channels reads.
inline int32_t first_block(const IntegerStep& step, int32_t strip) {
  const int32_t part = step.out.channels / step.op->groups;
  const int32_t block = strip * step.strip / part * (step.in.channels / step.op->groups) / 4;
  const int32_t last = step.in.blocks() - step.run;
  return block < last ? block : last;
}

// The weights of a step in the order in which sums read them (integer_weights.cpp): `words` words of
// each four, unless tiles have them; how many words that is; its channels' roundings.
int64_t packed_words(const IntegerStep& step, int32_t words);
void pack(const IntegerStep& step, int32_t words, int32_t* to);
void prepare(IntegerStep& step, int32_t zero_point, Rounding* to);

}  // namespace sn

// The memory that the host gives: this, steps, roundings, weights, then a slab's for each thread.
struct sn_integer_state {
  sn_integer_network network;
  sn::IntegerStep* steps;
  sn::Rounding* roundings;
  int32_t* weights;
  char* slabs;
  int64_t slab_bytes;
  int64_t offsets;  // bytes of a slab's memory before its `offsets`
  int64_t image;    // blocks before the image; -1: nothing reads it whole
  int64_t padding;  // blocks before the one that stands for padding
  int64_t padded;   // blocks before those of an input with its padding
  int64_t scratch;  // blocks before those that tiles or quads are read from
  int32_t threads;
  int32_t instructions;
};
