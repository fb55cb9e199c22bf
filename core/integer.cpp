// int8 inference: convolutions, and all operators one after the other. docs/reference/int8.md.
//
// Knows how values lie (integer.h); what is read was checked by integer_plan.cpp.
#include "integer_slab.h"
#include "threads.h"

namespace sn {
namespace {

// The addresses that the sums of some positions read: of each, offsets from a block of its own.
template <int P>
struct Windows {
  const UnsignedLanes* base[P];
  const int64_t* offsets[P];
  bool inside;  // all of them: the offsets are the same
};

// Sums of P positions and kTile channels stay in registers while all that they read passes by.
template <class Dots, int P>
void sum_products(const Windows<P>& windows, int32_t taps, int32_t first, int32_t run,
                  const int32_t* weights, UnsignedLanes* sums) {
  UnsignedLanes s[kTile][P] = {};
  for (int32_t tap = 0; tap < taps; ++tap) {
    const UnsignedLanes* x[P];
    for (int p = 0; p < P; ++p) x[p] = windows.base[p] + windows.offsets[p][tap] + first;
    for (int32_t b = 0; b < run; ++b) {
      const typename Dots::Operand x0(x[0][b]), x1(x[P > 1 ? 1 : 0][b]), x2(x[P > 1 ? 2 : 0][b]),
          x3(x[P > 1 ? 3 : 0][b]);
      for (int o = 0; o < kTile; ++o, weights += Dots::kWords) {
        Dots::add(s[o][0], x0, weights);
        if constexpr (P > 1) {
          Dots::add(s[o][1], x1, weights);
          Dots::add(s[o][2], x2, weights);
          Dots::add(s[o][3], x3, weights);
        }
      }
    }
  }
  for (int o = 0; o < kTile; ++o) {
    for (int p = 0; p < P; ++p) sums[o * P + p] = s[o][p];
  }
}

// The offsets of a window that lies inside of the image.
void find_offsets(const IntegerStep& step, int64_t* to) {
  const sn_integer_operator& op = *step.op;
  if (step.rows >= 0) {
    const int32_t apart = 4 / step.in.channels;
    const int32_t some = (op.size[1] * step.in.channels + 3) / 4;
    for (int64_t i = 0; i < op.size[0]; ++i) {
      for (int64_t g = 0; g < some; ++g) *to++ = i * op.dilation[0] * step.row_pixels + g * apart;
    }
    return;
  }
  for (int64_t i = 0; i < op.size[0]; ++i) {
    for (int64_t j = 0; j < op.size[1]; ++j) {
      *to++ = (i * op.dilation[0] * step.in.width + j * op.dilation[1]) * step.in.blocks();
    }
  }
}

// The addresses that the sum of one position reads. Outside of the image there is padding.
template <int P>
void find_window(const Slab& slab, const IntegerStep& step, int p, int32_t row, int32_t column,
                 Windows<P>& windows) {
  const sn_integer_operator& op = *step.op;
  const int64_t top = int64_t{row} * op.strides[0], left = int64_t{column} * op.strides[1];
  windows.offsets[p] = slab.offsets;
  if (step.rows >= 0) {
    windows.base[p] = slab.blocks + step.rows + top * step.row_pixels + left;
    return;
  }
  const int64_t y = top - op.padding[0], x = left - op.padding[1], blocks = step.in.blocks();
  const UnsignedLanes* value = slab.value(op.inputs[0]);
  const int64_t bottom = y + int64_t{op.size[0] - 1} * op.dilation[0];
  const int64_t right = x + int64_t{op.size[1] - 1} * op.dilation[1];
  if (y >= 0 && x >= 0 && bottom < step.in.height && right < step.in.width) {
    windows.base[p] = value + (y * step.in.width + x) * blocks;
    return;
  }
  windows.inside = false;
  windows.base[p] = slab.blocks;
  int64_t* to = slab.offsets + (p + 1) * int64_t{step.taps};
  windows.offsets[p] = to;
  for (int64_t i = y; i <= bottom; i += op.dilation[0]) {
    for (int64_t j = x; j <= right; j += op.dilation[1]) {
      const bool is_inside = i >= 0 && i < step.in.height && j >= 0 && j < step.in.width;
      *to++ =
          is_inside ? value - slab.blocks + (i * step.in.width + j) * blocks : slab.state.padding;
    }
  }
}

// The blocks that each sum reads beside each other, if they aren't: as tiles are read.
template <int P>
void gather(const Slab& slab, const IntegerStep& step, Windows<P>& windows) {
  if (step.joined && windows.inside) return;
  for (int p = 0; p < P; ++p) {
    UnsignedLanes* to = slab.blocks + slab.state.tiles + p * int64_t{step.tiles} * kRows;
    const UnsignedLanes* base = windows.base[p];
    windows.base[p] = to;
    for (int32_t tap = 0; tap < step.taps; ++tap) {
      const UnsignedLanes* from = base + windows.offsets[p][tap];
      for (int32_t b = 0; b < step.run; ++b) *to++ = from[b];
    }
  }
}

#if defined(__AVX512F__)
// A tile of weights, 16 channels of 64 bytes, times a tile of 16 blocks: 16 sums of 16 images. Those of
// P positions stay in tiles 0 to 3; 4 has the weights, 5 the blocks.
template <int P>
void multiply_tiles(const Windows<P>& windows, int32_t tiles, const int32_t* weights,
                    UnsignedLanes* sums) {
  const int64_t row = 64;
#define SN_MULTIPLY(p)                                                               \
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm5\n\ttdpbsud %%tmm5, %%tmm4, %%tmm" #p \
                   :                                                                 \
                   : "r"(windows.base[P > 1 ? p : 0] + k), "r"(row)                  \
                   : "memory")
#define SN_STORE(p)                                            \
  __asm__ volatile("tilestored %%tmm" #p ", (%0,%1,1)"         \
                   :                                           \
                   : "r"(sums + (P > 1 ? p : 0)), "r"(row * P) \
                   : "memory")
  __asm__ volatile("tilezero %tmm0");
  if constexpr (P > 1) __asm__ volatile("tilezero %tmm1\n\ttilezero %tmm2\n\ttilezero %tmm3");
  for (int64_t k = 0; k < int64_t{tiles} * kRows; k += kRows, weights += kRows * kRows) {
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm4" : : "r"(weights), "r"(row) : "memory");
    SN_MULTIPLY(0);
    if constexpr (P > 1) {
      SN_MULTIPLY(1);
      SN_MULTIPLY(2);
      SN_MULTIPLY(3);
    }
  }
  SN_STORE(0);
  if constexpr (P > 1) {
    SN_STORE(1);
    SN_STORE(2);
    SN_STORE(3);
  }
#undef SN_MULTIPLY
#undef SN_STORE
}

// Six tiles of 16 rows of 64 bytes, as LDTILECFG reads them.
void configure_tiles() {
  alignas(64) uint8_t shape[64] = {1};
  for (int tile = 0; tile < 6; ++tile) {
    shape[16 + 2 * tile] = 64;
    shape[48 + tile] = kRows;
  }
  __asm__ volatile("ldtilecfg %0" : : "m"(shape));
}
#endif

// The integers of a channel at P positions, or pooled that of the largest of its sums: the largest integer.
template <int P, bool Quick>
inline void round(const Rounding& by, const UnsignedLanes* sums, const IntegerStep& step,
                  int channel, IntLanes (&v)[P][4]) {
  const IntLanes* s = reinterpret_cast<const IntLanes*>(sums) + channel * P;
  const Rounding* own = &by + channel;
  const bool is_quick = Quick || (kPlainTails && step.quick);
  const auto apply = [&](IntLanes sum) {
    if (is_quick) return high_product(sum, own->multiplier, own->more, own->shift);
    return requantize(sum + own->bias, own->multiplier, own->shift) + own->zero;
  };
  if (P > 1 && step.pooled) {
    v[0][channel] =
        apply(larger(larger(s[0], s[P > 1 ? 1 : 0]), larger(s[P > 1 ? 2 : 0], s[P > 1 ? 3 : 0])));
  } else {
    for (int p = 0; p < P; ++p) v[p][channel] = apply(s[p]);
  }
}

// From sums to integers: four channels of some positions at a time.
template <int P, bool Quick>
void finish(const Slab& slab, const IntegerStep& step, int32_t first, int64_t pixel, int64_t pixels,
            const UnsignedLanes* sums) {
  const sn_integer_operator& op = *step.op;
  UnsignedLanes* value = slab.blocks + (step.pooled ? (&step)[1] : step).value;
  const int64_t rest = pixels - pixel, positions = step.pooled ? 1 : rest < P ? rest : P;
  for (int32_t o = 0; o < step.strip && first + o < step.out.channels; o += 4, sums += 4 * P) {
    const Rounding& by = slab.state.roundings[step.roundings + first + o];
    IntLanes v[P][4];
    for (int j = 0; j < 4; ++j) round<P, Quick>(by, sums, step, j, v);
    for (int p = 0; p < positions; ++p) store(slab, op, value, pixel + p, first + o, v[p]);
  }
}

template <class Dots, int P>
void convolve(const Slab& slab, const IntegerStep& step) {
  const sn_integer_operator& op = *step.op;
  const IntegerShape out = (step.pooled ? (&step)[1] : step).out;
  const int64_t pixels = out.pixels(), words = int64_t{step.taps} * step.run * Dots::kWords;
  const UnsignedLanes empty =
      UnsignedLanes{} + 0x01010101u * static_cast<uint32_t>(slab.zero(op.inputs[0]));
  for (int32_t b = 0; b < step.in.blocks(); ++b) slab.blocks[slab.state.padding + b] = empty;
  find_offsets(step, slab.offsets);
  int32_t row = 0, column = 0;
  for (int64_t pixel = 0; pixel < pixels; pixel += step.pooled ? 1 : P) {
    Windows<P> windows;
    windows.inside = true;
    for (int p = 0; p < P; ++p) {
      const int32_t y = step.pooled ? 2 * row + p / 2 : row;
      const int32_t x = step.pooled ? 2 * column + p % 2 : column;
      find_window(slab, step, p, y, x, windows);
      const bool is_next = step.pooled ? p == P - 1 : pixel + p + 1 < pixels;
      if (is_next && ++column == out.width) {
        column = 0;
        ++row;
      }
    }
    UnsignedLanes sums[kLongStrip * P];
    const int32_t* weights = slab.state.weights + step.weights;
    if constexpr (Dots::kHasTiles) {
      if (step.tiles) gather(slab, step, windows);
    }
    for (int32_t strip = 0; strip * step.strip < op.shape[2]; ++strip) {
      bool is_done = false;
      if constexpr (Dots::kHasTiles) {
        is_done = step.tiles > 0;
        if (is_done) multiply_tiles(windows, step.tiles, weights, sums);
        weights += int64_t{step.tiles} * kRows * kRows;
      }
      const int32_t first = step.rows >= 0 ? 0 : first_block(step, strip);
      for (int32_t o = 0; !is_done && o < step.strip; o += kTile, weights += kTile * words) {
        sum_products<Dots, P>(windows, step.taps, first, step.run, weights, sums + o * P);
      }
      if (!kPlainTails && step.quick) {
        finish<P, true>(slab, step, strip * step.strip, pixel, pixels, sums);
      } else {
        finish<P, false>(slab, step, strip * step.strip, pixel, pixels, sums);
      }
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
        if (step.positions == kPositions) {
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
