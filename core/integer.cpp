// int8 inference: convolutions, and all operators one after the other. docs/reference/int8.md.
//
// Knows how values lie (integer.h); what is read was checked by integer_plan.cpp.
#include "integer_depthwise.h"
#include "integer_tiles.h"
#include "threads.h"

namespace sn {
namespace {

// The blocks at which the windows of P positions begin.
template <int P>
using Windows = const UnsignedLanes* [P];

// Sums of P positions and kTile channels stay in registers while all that they read passes by.
template <class Dots, int P>
[[gnu::always_inline]] inline void sum_products(const Windows<P>& windows, const int64_t* offsets,
                                                int32_t taps, int32_t run, const int32_t* weights,
                                                const Rounding* by, UnsignedLanes* sums) {
  UnsignedLanes s[kTile][P];
  for (int o = 0; o < kTile; ++o) {
    for (int p = 0; p < P; ++p) s[o][p] = UnsignedLanes{} + static_cast<uint32_t>(by[o].bias);
  }
  for (const int64_t* end = offsets + taps; offsets < end; ++offsets) {
    const int64_t first = *offsets;
    for (int64_t b = first; b < first + run; ++b) {
      const typename Dots::Operand x0(windows[0][b]), x1(windows[P > 1 ? 1 : 0][b]),
          x2(windows[P > 1 ? 2 : 0][b]), x3(windows[P > 1 ? 3 : 0][b]);
      for (int o = 0; o < kTile; ++o, weights += Dots::kWords) {
        UnsignedLanes w[Dots::kWords];
        for (int k = 0; k < Dots::kWords; ++k) {
          w[k] = UnsignedLanes{} + static_cast<uint32_t>(weights[k]);
        }
        Dots::add(s[o][0], x0, w);
        if constexpr (P > 1) {
          Dots::add(s[o][1], x1, w);
          Dots::add(s[o][2], x2, w);
          Dots::add(s[o][3], x3, w);
        }
      }
    }
  }
  for (int o = 0; o < kTile; ++o) {
    for (int p = 0; p < P; ++p) sums[o * P + p] = s[o][p];
  }
}

// The blocks that a window reads, counted from its first.
SN_SMALL void find_offsets(const IntegerStep& step, int64_t* to) {
  const sn_integer_operator& op = *step.op;
  if (step.rows >= 0) {
    const RowTaps taps(op);
    for (int32_t i = 0; i < step.taps; ++i) {
      const RowTap tap = taps[i];
      *to++ = (tap.is_column ? step.columns - step.rows : 0) + tap.column +
              int64_t{tap.row} * op.dilation[0] * step.row_pixels;
    }
    return;
  }
  for (int64_t i = 0; i < op.size[0]; ++i) {
    for (int64_t j = 0; j < op.size[1]; ++j) {
      *to++ = (i * op.dilation[0] * step.row_pixels + j * op.dilation[1]) * step.pixel_blocks;
    }
  }
}

// The first block of what windows read: the image's rows, the input, or the input with its padding.
SN_SMALL const UnsignedLanes* find_source(const Slab& slab, const IntegerStep& step) {
  if (step.rows >= 0) return slab.blocks + step.rows;
  const UnsignedLanes* value = slab.value(step.op->inputs[0]);
  return step.padded ? pad(slab, step, value) : value;
}

// The blocks that each sum reads beside each other, if they aren't: as tiles are read.
template <int P>
void gather(const Slab& slab, const IntegerStep& step, Windows<P>& windows) {
  if (step.joined) return;
  for (int p = 0; p < P; ++p) {
    UnsignedLanes* to = slab.blocks + slab.state.scratch + p * int64_t{step.tiles} * kRows;
    const UnsignedLanes* window = windows[p];
    windows[p] = to;
    for (int32_t tap = 0; tap < step.taps; ++tap) {
      const UnsignedLanes* from = window + slab.offsets[tap];
      for (int32_t b = 0; b < step.run; ++b) *to++ = from[b];
    }
  }
}

// Sums that are indexed by constants stay in registers.
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define SN_UNROLLED _Pragma("clang loop unroll(full)")
#else
#define SN_UNROLLED
#endif

// From the sums of four channels to their integers: of P positions or, pooled, of the largest of them.
template <int P, class Round>
[[gnu::always_inline]] inline void finish_by(const Target& target, const IntegerStep& step,
                                             int32_t channel, int64_t pixel, int64_t positions,
                                             const UnsignedLanes* sums, Round round) {
  const IntLanes* s = reinterpret_cast<const IntLanes*>(sums);
  IntLanes v[4];
  if (P > 1 && step.pooled) {
    for (int o = 0; o < 4; ++o, s += P) {
      const int last = P - 1;
      v[o] = round(larger(larger(s[0], s[last / 3]), larger(s[last * 2 / 3], s[last])), o);
    }
    return target.store(pixel, channel, v);
  }
  SN_UNROLLED for (int p = 0; p < P; ++p) {
    if (p >= positions) return;
    for (int o = 0; o < 4; ++o) v[o] = round(s[o * P + p], o);
    target.store(pixel + p, channel, v);
  }
}

template <int P>
[[gnu::noinline]] void finish_slowly(const Target& target, const IntegerStep& step,
                                     const Rounding* by, int32_t channel, int64_t pixel,
                                     int64_t positions, const UnsignedLanes* sums) {
  finish_by<P>(target, step, channel, pixel, positions, sums,
               [&](IntLanes sum, int o) { return rounded(sum, by[o], step.rule); });
}

template <int P>
[[gnu::always_inline]] inline void finish(const Target& target, const IntegerStep& step,
                                          const Rounding* by, int32_t channel, int64_t pixel,
                                          int64_t positions, const UnsignedLanes* sums) {
  if constexpr (!kHasFloatRule) {
    return finish_slowly<P>(target, step, by, channel, pixel, positions, sums);
  }
  if (step.rule != kFloatRule) {
    UnsignedLanes copy[4 * P];  // so that `sums` may stay in registers
    for (int k = 0; k < 4 * P; ++k) copy[k] = sums[k];
    return finish_slowly<P>(target, step, by, channel, pixel, positions, copy);
  }
  finish_by<P>(target, step, channel, pixel, positions, sums,
               [&](IntLanes sum, int o) { return float_rounded(sum, by[o]); });
}

template <class Dots, int P>
void convolve(const Slab& slab, const IntegerStep& step) {
  const sn_integer_operator& op = *step.op;
  const IntegerShape out = (step.pooled ? (&step)[1] : step).out;
  const int64_t pixels = out.pixels(), words = int64_t{step.taps} * step.run * Dots::kWords;
  const int64_t across = int64_t{op.strides[1]} * step.pixel_blocks;
  const int64_t down = int64_t{op.strides[0]} * step.row_pixels * step.pixel_blocks;
  const UnsignedLanes* row = find_source(slab, step);
  find_offsets(step, slab.offsets);
  const Target target(slab, step);
  int32_t column = 0;
  for (int64_t pixel = 0; pixel < pixels; pixel += step.pooled ? 1 : P) {
    Windows<P> windows;
    for (int p = 0; p < P; ++p) {
      windows[p] =
          step.pooled ? row + p / 2 * down + (2 * column + p % 2) * across : row + column * across;
      const bool is_next = step.pooled ? p == P - 1 : pixel + p + 1 < pixels;
      if (is_next && ++column == out.width) {
        column = 0;
        row += step.pooled ? 2 * down : down;
      }
    }
    const int64_t positions = pixels - pixel;
    const int32_t* weights = slab.state.weights + step.weights;
    const Rounding* by = slab.state.roundings + step.roundings;
    if constexpr (Dots::kHasTiles) {
      if (step.tiles) {
        gather(slab, step, windows);
        for (int32_t o = 0; o < op.shape[2]; o += kRows, by += kRows) {
          UnsignedLanes sums[kRows * P];
          multiply_tiles(windows, step.tiles, weights, sums);
          weights += int64_t{step.tiles} * kRows * kRows;
          for (int k = 0; k < kRows * P; ++k) sums[k] += static_cast<uint32_t>(by[k / P].bias);
          for (int k = 0; k < kRows && o + k < op.shape[2]; k += 4) {
            finish<P>(target, step, by + k, o + k, pixel, positions, sums + k * P);
          }
        }
        continue;
      }
    }
    for (int32_t o = 0; o < op.shape[2]; o += 4, by += 4) {
      if (op.groups > 1) {
        const int32_t strip = o / step.strip;
        const int32_t first = first_block(step, strip) - (o ? first_block(step, strip - 1) : 0);
        for (int p = 0; p < P; ++p) windows[p] += first;
      }
      UnsignedLanes sums[4 * P];
#pragma clang loop unroll(disable)  // registers are for the sums of one tile
      for (int k = 0; k < 4; k += kTile, weights += kTile * words) {
        sum_products<Dots, P>(windows, slab.offsets, step.taps, step.run, weights, by + k,
                              sums + k * P);
      }
      finish<P>(target, step, by, o, pixel, positions, sums);
    }
  }
}

template <class Dots>
void run(const Slab& slab) {
  const sn_integer_state& state = slab.state;
  if (state.image >= 0) read_images(slab);
  for (int32_t i = 0; i < state.network.operator_count; ++i) {
    const IntegerStep& step = state.steps[i];
    if (step.done) continue;
    switch (step.op->kind) {
      case SN_CONVOLUTION:
        if (step.rows >= 0) read_rows(slab, step);
        if (step.quads) {
          convolve_depthwise<Dots>(slab, step);
        } else if (step.positions == kPositions) {
          convolve<Dots, kPositions>(slab, step);
        } else {
          convolve<Dots, 1>(slab, step);
        }
        break;
      case SN_MAX_POOLING:
      case SN_AVERAGE_POOLING:
        pool(slab, step);
        break;
      case SN_LOOKUP:
      case SN_PADDING:
      case SN_CROPPING:
      case SN_UP_SAMPLING:
        move(slab, step);
        break;
      default:
        merge(slab, step);
    }
  }
}

// A call: threads take slab after slab.
struct Call {
  const sn_integer_state& state;
  const uint8_t* images;
  int64_t count;
  int16_t* outputs;
  int64_t next;
};

void work(void* context, int32_t thread) {
  Call& call = *static_cast<Call*>(context);
  const sn_integer_state& state = call.state;
  if (thread >= state.threads) return;
  const int32_t* shape = state.network.shape;
  const int64_t size = int64_t{shape[0]} * shape[1] * shape[2];
  const IntegerShape out = state.steps[state.network.operator_count - 1].out;
  char* memory = state.slabs + thread * state.slab_bytes;
#if defined(__AVX512F__)
  if (state.instructions == kTiles) configure_tiles();
#endif
  for (;;) {
    const int64_t first = __atomic_fetch_add(&call.next, int64_t{kLanes}, __ATOMIC_RELAXED);
    if (first >= call.count) break;
    const int64_t rest = call.count - first;
    const Slab slab = {state,
                       reinterpret_cast<UnsignedLanes*>(memory),
                       reinterpret_cast<int64_t*>(memory + state.offsets),
                       call.images + first * size,
                       call.outputs + first * out.pixels() * out.channels,
                       static_cast<int32_t>(rest < kLanes ? rest : kLanes)};
#if defined(__AVX__)
    if (state.instructions != kPlain) {
      run<ByteDots>(slab);
    } else {
      run<PlainDots>(slab);
    }
#else
    run<PlainDots>(slab);
#endif
    write_outputs(slab);
  }
#if defined(__AVX512F__)
  if (state.instructions == kTiles) __asm__ volatile("tilerelease");
#endif
}

}  // namespace
}  // namespace sn

extern "C" sn_status sn_integer_predict(sn_integer_state* state, sn_pool* pool,
                                        const uint8_t* images, int64_t count, int16_t* outputs) {
  sn::Call call = {*state, images, count, outputs, 0};
  if (count > 0) sn::run_together(pool, sn::work, &call);
  return SN_OK;
}
