// The weights of integer convolutions, in the order in which sums read them, and their roundings.
#include "integer.h"

// Runs once for a network: small rather than fast.
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)

namespace sn {
namespace {

int8_t weight(const IntegerStep& step, int32_t tap, int32_t channel, int32_t out) {
  const sn_integer_operator& op = *step.op;
  const int32_t outs = step.out.channels;
  if (out >= outs) return 0;
  if (step.rows >= 0) {
    const RowTap from = RowTaps(op)[tap];
    const int32_t row = from.row + (from.is_column ? channel : 0);
    const int32_t column = from.column + (from.is_column ? 0 : channel);
    if (row >= op.size[0] || column >= op.size[1]) return 0;
    return op.kernel[(int64_t{row} * op.size[1] + column) * outs + out];
  }
  const int32_t depth = step.in.channels / op.groups;
  const int32_t own = channel - out / (outs / op.groups) * depth;
  return own >= 0 && own < depth ? op.kernel[(int64_t{tap} * depth + own) * outs + out] : int8_t{0};
}

// Four weights that are multiplied at once.
struct Four {
  int8_t w[4];

  // The words that a sum of products reads, if those of four weights are `words`.
  int32_t word(int32_t index, int32_t words) const {
    uint32_t found = 0;
    for (int j = 0; j < 4; j += words) {
      const uint32_t each = static_cast<uint32_t>(int32_t{w[j + index]});
      found |= words == 1   ? (each & 0xff) << (8 * j)
               : words == 2 ? (each & 0xffff) << (8 * j)
                            : each;
    }
    return static_cast<int32_t>(found);
  }
};

// Those of an output for four channels of input.
Four four_channels(const IntegerStep& step, int32_t tap, int32_t channel, int32_t out) {
  Four four;
  for (int32_t j = 0; j < 4; ++j) four.w[j] = weight(step, tap, channel + j, out);
  return four;
}

// Those of a depthwise channel for four columns of those that `position` and its neighbours read.
Four four_columns(const IntegerStep& step, int32_t row, int32_t column, int32_t position,
                  int32_t out) {
  const sn_integer_operator& op = *step.op;
  Four four = {};
  for (int32_t j = 0; j < 4; ++j) {
    const int32_t at = column + j - position * op.strides[1], tap = at / op.dilation[1];
    if (at < 0 || at % op.dilation[1] || tap >= op.size[1] || out >= step.out.channels) continue;
    four.w[j] = op.kernel[(int64_t{row} * op.size[1] + tap) * step.out.channels + out];
  }
  return four;
}

// Row after row of the kernel, of each of its quads: for each position the words of four channels.
void pack_quads(const IntegerStep& step, int32_t words, int32_t* to) {
  for (int32_t first = 0; first < step.out.channels; first += 4) {
    for (int32_t row = 0; row < step.op->size[0]; ++row) {
      for (int32_t quad = 0; quad < step.quads; ++quad) {
        for (int32_t p = 0; p < step.positions; ++p) {
          for (int32_t k = 0; k < words; ++k) {
            for (int32_t c = 0; c < 4; ++c) {
              *to++ = four_columns(step, row, 4 * quad, p, first + c).word(k, words);
            }
          }
        }
      }
    }
  }
}

// Tile after tile: of each channel the words of as many blocks as a tile of values has.
void pack_tiles(const IntegerStep& step, int32_t* to) {
  for (int32_t first = 0; first < step.out.channels; first += kRows) {
    for (int32_t tile = 0; tile < step.tiles; ++tile) {
      for (int32_t o = 0; o < kRows; ++o) {
        for (int32_t k = tile * kRows; k < (tile + 1) * kRows; ++k) {
          const int32_t tap = k / step.run;
          *to++ = tap < step.taps ? four_channels(step, tap, k % step.run * 4, first + o).word(0, 1)
                                  : 0;
        }
      }
    }
  }
}

}  // namespace

int64_t packed_words(const IntegerStep& step, int32_t words) {
  if (step.quads) return step.in.blocks() * quad_words(step, words);
  if (step.tiles) words = 1;
  const int64_t strips = (step.out.channels + step.strip - 1) / step.strip;
  const int64_t depth = step.tiles ? int64_t{step.tiles} * kRows : int64_t{step.taps} * step.run;
  return strips * step.strip * depth * words;
}

void pack(const IntegerStep& step, int32_t words, int32_t* to) {
  if (step.quads) return pack_quads(step, words, to);
  if (step.tiles) return pack_tiles(step, to);
  const int32_t strips = (step.out.channels + step.strip - 1) / step.strip;
  for (int32_t s = 0; s < strips; ++s) {
    const int32_t first = step.rows >= 0 ? 0 : first_block(step, s) * 4;
    for (int32_t tile = 0; tile < step.strip; tile += kTile) {
      for (int32_t tap = 0; tap < step.taps; ++tap) {
        for (int32_t b = 0; b < step.run; ++b) {
          for (int32_t o = 0; o < kTile; ++o) {
            const int32_t out = s * step.strip + tile + o;
            const Four four = four_channels(step, tap, first + b * 4, out);
            for (int32_t k = 0; k < words; ++k) *to++ = four.word(k, words);
          }
        }
      }
    }
  }
}

namespace {

// True if kFloatRule gives a channel's integers, whose sums are within +-`most`: sums and multiplier are
// exact in float, no product is a half, and results fit the bits below the unit.
bool fits_float(int64_t most, int32_t multiplier, int32_t shift) {
  if (!kHasFloatRule || multiplier < 1 || shift < 25) return false;
  const int64_t unit = multiplier & -multiplier;
  return most < int64_t{1} << 24 && multiplier / unit < 1 << 24 &&
         unit <= int64_t{1} << (shift - 25) && most * multiplier >> shift < 1 << 21;
}

}  // namespace

// Zero points of the input go into the bias.
void prepare(IntegerStep& step, int32_t zero_point, Rounding* to) {
  const sn_integer_operator& op = *step.op;
  const int64_t outs = op.shape[2];
  const int64_t count = int64_t{op.size[0]} * op.size[1] * (step.in.channels / op.groups);
  bool all_float = true, all_high = true;
  for (int64_t o = 0; o < outs; ++o, ++to) {
    int64_t sum = 0, most = op.bias[o] < 0 ? -int64_t{op.bias[o]} : op.bias[o];
    for (int64_t i = 0; i < count; ++i) {
      const int32_t weight = op.kernel[i * outs + o];
      sum += weight;
      most += 255 * (weight < 0 ? -weight : weight);
    }
    const int32_t shift = op.shift[o], zero = op.zero_point + offset_of(op);
    *to = {static_cast<int32_t>(op.bias[o] - (zero_point + 128) * sum),
           op.multiplier[o],
           shift,
           zero,
           0,
           0.0f,
           kUnits + static_cast<float>(zero)};
    const bool fits_high = shift >= 33 && shift <= 52;
    if (fits_high) to->more = (1 << (shift - 33)) + (zero << (shift - 32));
    to->factor = static_cast<float>(op.multiplier[o]) / static_cast<float>(int64_t{1} << shift);
    all_float = all_float && fits_float(most, op.multiplier[o], shift);
    all_high = all_high && fits_high;
  }
  for (int64_t o = outs; o < padded_channels(step); ++o) *to++ = {0, 0, 33, 0, 0, 0.0f, kUnits};
  step.rule = all_float ? kFloatRule : all_high ? kHighRule : kLongRule;
}

}  // namespace sn

#pragma clang attribute pop
