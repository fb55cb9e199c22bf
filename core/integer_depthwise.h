// int8 inference: depthwise convolutions, which multiply four columns of a channel at a time.
//
// Four blocks beside each other in a row become a quad, four vectors. Vector i has the images 4 g + i; in
// its four lanes for each g are four channels, and in the bytes of each of these its four columns.
#pragma once

#include "integer_rounding.h"
#include "integer_shuffle.h"

namespace sn {

inline constexpr int kQuad = 4;  // columns, and vectors

// A quad of four blocks.
inline void make_quad(const UnsignedLanes (&x)[kQuad], UnsignedLanes* to) {
  typedef MakeIndices<kLanes * 4>::Type AllBytes;
  typedef MakeIndices<kLanes * 2>::Type AllShorts;
  const auto bytes = [&](int i) { return reinterpret_cast<ByteLanes>(x[i]); };
  const auto first = [&](int i) {
    return reinterpret_cast<ShortLanes>(interleave<0, 16>(bytes(i), bytes(i + 1), AllBytes{}));
  };
  const auto second = [&](int i) {
    return reinterpret_cast<ShortLanes>(interleave<1, 16>(bytes(i), bytes(i + 1), AllBytes{}));
  };
  const ShortLanes a = first(0), b = second(0), c = first(2), d = second(2);
  to[0] = reinterpret_cast<UnsignedLanes>(interleave<0, 8>(a, c, AllShorts{}));
  to[1] = reinterpret_cast<UnsignedLanes>(interleave<1, 8>(a, c, AllShorts{}));
  to[2] = reinterpret_cast<UnsignedLanes>(interleave<0, 8>(b, d, AllShorts{}));
  to[3] = reinterpret_cast<UnsignedLanes>(interleave<1, 8>(b, d, AllShorts{}));
}

// A row of the input as quads, for each group of positions as many as its windows read. `row` is counted from the
// first that is padding.
inline void read_quads(const Slab& slab, const IntegerStep& step, int32_t row, int32_t block,
                       UnsignedLanes* to) {
  const sn_integer_operator& op = *step.op;
  const int32_t y = row - op.padding[0], width = step.in.width, blocks = step.in.blocks();
  const UnsignedLanes empty = slab.blocks[slab.state.padding];
  const bool is_inside = y >= 0 && y < step.in.height;
  const UnsignedLanes* from = slab.value(op.inputs[0]) + block;
  if (is_inside) from += int64_t{y} * width * blocks;
  for (int32_t first = 0; first < step.out.width; first += step.positions) {
    int64_t column = int64_t{first} * op.strides[1] - op.padding[1];
    for (int32_t quad = 0; quad < step.quads; ++quad, column += kQuad, to += kQuad) {
      UnsignedLanes x[kQuad];
      const bool is_whole = is_inside && column >= 0 && column + kQuad <= width;
      for (int j = 0; j < kQuad; ++j) {
        const int64_t at = column + j;
        const bool is_pixel = is_whole || (is_inside && at >= 0 && at < width);
        x[j] = is_pixel ? from[at * blocks] : empty;
      }
      make_quad(x, to);
    }
  }
}

// The roundings of a quad's four channels, also as vectors.
struct QuadRounding {
  const Rounding* channels;
  UnsignedLanes bias;
  Lanes factor, base;

  explicit QuadRounding(const Rounding* by) : channels(by) {
    int32_t biases[4];
    int32_t factors[4], bases[4];
    for (int c = 0; c < 4; ++c) {
      biases[c] = by[c].bias;
      __builtin_memcpy(&factors[c], &by[c].factor, 4);
      __builtin_memcpy(&bases[c], &by[c].base, 4);
    }
    bias = repeat(biases, AllLanes{});
    factor = reinterpret_cast<Lanes>(repeat(factors, AllLanes{}));
    base = reinterpret_cast<Lanes>(repeat(bases, AllLanes{}));
  }
};

// From the sums of four channels, which are quads, to their integers and into a block.
[[gnu::noinline]] inline void finish_quad_slowly(const Target& target, int32_t rule,
                                                 const Rounding* by, int64_t pixel, int32_t channel,
                                                 const UnsignedLanes (&sums)[kQuad]) {
  UnsignedLanes s[kQuad];
  IntLanes v[4];
  transpose(sums, s);
  for (int j = 0; j < 4; ++j) v[j] = rounded(reinterpret_cast<IntLanes>(s[j]), by[j], rule);
  target.store(pixel, channel, v);
}

inline void finish_quad(const Target& target, int32_t rule, const QuadRounding& by, int64_t pixel,
                        int32_t channel, const UnsignedLanes (&sums)[kQuad]) {
  if constexpr (!kHasFloatRule) {
    return finish_quad_slowly(target, rule, by.channels, pixel, channel, sums);
  }
  if (!kHasPacks || rule != kFloatRule || target.wide) {
    const UnsignedLanes copy[kQuad] = {sums[0], sums[1], sums[2], sums[3]};  // as in `store`
    return finish_quad_slowly(target, rule, by.channels, pixel, channel, copy);
  }
  IntLanes v[4];
  for (int i = 0; i < 4; ++i) {
    v[i] = float_product(reinterpret_cast<IntLanes>(sums[i]), by.factor, by.base);
  }
  target.store(pixel, channel, narrow(v));
}

// Sums of P positions and four channels stay in registers while the rows of their windows pass by.
template <class Dots, int P>
void convolve_block(const Slab& slab, const IntegerStep& step, int32_t block) {
  const sn_integer_operator& op = *step.op;
  const int64_t vectors = quad_vectors(step);
  const int32_t kept = kept_rows(op), quads = step.quads;
  const QuadRounding by(slab.state.roundings + step.roundings + 4 * block);
  const Target target(slab, step);
  const int32_t* weights =
      slab.state.weights + step.weights + block * quad_words(step, Dots::kWords);
  UnsignedLanes* rows = slab.blocks + slab.state.scratch;  // row r is at r mod `kept`
  int64_t next = 0;
  for (int32_t i = 0; i < step.out.height; ++i) {
    const int64_t top = int64_t{i} * op.strides[0];
    for (next = next > top ? next : top; next < top + kept; ++next) {
      read_quads(slab, step, static_cast<int32_t>(next), block, rows + next % kept * vectors);
    }
    for (int32_t r = 0; r < op.size[0]; ++r) {
      slab.offsets[r] = (top + int64_t{r} * op.dilation[0]) % kept * vectors;
    }
    const UnsignedLanes* group = rows;
    for (int32_t j = 0; j < step.out.width; j += P, group += quads * kQuad) {
      UnsignedLanes sums[P][kQuad];
      for (int p = 0; p < P; ++p) {
        for (int k = 0; k < kQuad; ++k) sums[p][k] = by.bias;
      }
      const int32_t* w = weights;
      for (int32_t r = 0; r < op.size[0]; ++r) {
        const UnsignedLanes* x = group + slab.offsets[r];
        for (int32_t quad = 0; quad < quads; ++quad, x += kQuad) {
          UnsignedLanes four[P][Dots::kWords];
          for (int p = 0; p < P; ++p) {
            for (int k = 0; k < Dots::kWords; ++k, w += 4) four[p][k] = repeat(w, AllLanes{});
          }
          for (int k = 0; k < kQuad; ++k) {
            const typename Dots::Operand operand(x[k]);
            for (int p = 0; p < P; ++p) Dots::add(sums[p][k], operand, four[p]);
          }
        }
      }
      const int64_t pixel = int64_t{i} * step.out.width + j;
      for (int p = 0; p < P && j + p < step.out.width; ++p) {
        finish_quad(target, step.rule, by, pixel + p, 4 * block, sums[p]);
      }
    }
  }
}

template <class Dots>
void convolve_depthwise(const Slab& slab, const IntegerStep& step) {
  slab.blocks[slab.state.padding] =
      UnsignedLanes{} + 0x01010101u * static_cast<uint32_t>(slab.zero(step.op->inputs[0]));
  for (int32_t block = 0; block < step.in.blocks(); ++block) {
    if (step.positions == 2) {
      convolve_block<Dots, 2>(slab, step, block);
    } else {
      convolve_block<Dots, 1>(slab, step, block);
    }
  }
}

}  // namespace sn
