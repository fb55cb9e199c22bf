// The weights of integer convolutions, in the order in which sums read them, and their roundings.
#include "integer.h"

namespace sn {
namespace {

int8_t weight(const IntegerStep& step, int32_t tap, int32_t channel, int32_t out) {
  const sn_integer_operator& op = *step.op;
  const int32_t outs = step.out.channels;
  if (out >= outs) return 0;
  if (step.rows >= 0) {  // a row of the kernel's window goes on from tap to tap
    const int32_t length = op.size[1] * step.in.channels, some = (length + 3) / 4;
    const int32_t at = tap % some * 4 + channel;
    return at < length ? op.kernel[(int64_t{tap / some} * length + at) * outs + out] : int8_t{0};
  }
  const int32_t depth = step.in.channels / op.groups;
  const int32_t own = channel - out / (outs / op.groups) * depth;
  return own >= 0 && own < depth ? op.kernel[(int64_t{tap} * depth + own) * outs + out] : int8_t{0};
}

// A word of the weights of a channel: those of four channels of input.
int32_t weight_word(const IntegerStep& step, int32_t tap, int32_t channel, int32_t out) {
  uint32_t word = 0;
  for (int32_t j = 0; j < 4; ++j) {
    word |= static_cast<uint32_t>(weight(step, tap, channel + j, out) & 255) << (8 * j);
  }
  return static_cast<int32_t>(word);
}

// Tile after tile: of each channel the words of as many blocks as a tile of values has.
void pack_tiles(const IntegerStep& step, int32_t* to) {
  for (int32_t first = 0; first < step.out.channels; first += kRows) {
    for (int32_t tile = 0; tile < step.tiles; ++tile) {
      for (int32_t o = 0; o < kRows; ++o) {
        for (int32_t k = tile * kRows; k < (tile + 1) * kRows; ++k) {
          const int32_t tap = k / step.run;
          *to++ = tap < step.taps ? weight_word(step, tap, k % step.run * 4, first + o) : 0;
        }
      }
    }
  }
}

}  // namespace

int64_t packed_words(const IntegerStep& step, int32_t words) {
  if (step.tiles) words = 1;
  const int64_t strips = (step.out.channels + step.strip - 1) / step.strip;
  const int64_t depth = step.tiles ? int64_t{step.tiles} * kRows : int64_t{step.taps} * step.run;
  return strips * step.strip * depth * words;
}

void pack(const IntegerStep& step, int32_t words, int32_t* to) {
  if (step.tiles) return pack_tiles(step, to);
  const int32_t strips = (step.out.channels + step.strip - 1) / step.strip;
  for (int32_t s = 0; s < strips; ++s) {
    const int32_t first = step.rows >= 0 ? 0 : first_block(step, s) * 4;
    for (int32_t tile = 0; tile < step.strip; tile += kTile) {
      for (int32_t tap = 0; tap < step.taps; ++tap) {
        for (int32_t b = 0; b < step.run; ++b) {
          for (int32_t o = 0; o < kTile; ++o) {
            const int32_t out = s * step.strip + tile + o;
            uint32_t w[4];
            for (int32_t j = 0; j < 4; ++j) {
              w[j] = static_cast<uint32_t>(int32_t{weight(step, tap, first + b * 4 + j, out)});
            }
            if (words == 1) {
              *to++ = weight_word(step, tap, first + b * 4, out);
            } else if (words == 2) {
              *to++ = static_cast<int32_t>((w[0] & 0xffff) | w[2] << 16);
              *to++ = static_cast<int32_t>((w[1] & 0xffff) | w[3] << 16);
            } else {
              for (int32_t j = 0; j < 4; ++j) *to++ = static_cast<int32_t>(w[j]);
            }
          }
        }
      }
    }
  }
}

// Zero points of the input go into the bias; so do, where 64 bits hold them, all other addends.
void prepare(IntegerStep& step, int32_t zero_point, Rounding* to) {
  const sn_integer_operator& op = *step.op;
  const int64_t outs = op.shape[2];
  const int64_t count = int64_t{op.size[0]} * op.size[1] * (step.in.channels / op.groups);
  for (int64_t o = outs; o % 4; ++o) to[o] = {0, 0, 32, 0, 0};
  step.quick = 1;
  for (int64_t o = 0; o < outs; ++o, ++to) {
    int64_t sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += op.kernel[i * outs + o];
    to->bias = static_cast<int32_t>(op.bias[o] - (zero_point + 128) * sum);
    to->multiplier = op.multiplier[o];
    to->shift = op.shift[o];
    to->zero = op.zero_point + offset_of(op);
    const bool fits = to->shift >= 32 && to->shift <= 52;
    to->more = !fits ? 0
                     : int64_t{to->bias} * to->multiplier + (int64_t{1} << (to->shift - 1)) +
                           to->zero * (int64_t{1} << to->shift);
    step.quick &= fits;
  }
}

}  // namespace sn
