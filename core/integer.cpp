// int8 inference: convolutions, and all operators one after the other. docs/reference/int8.md.
//
// Knows how values lie (integer.h); what is read was checked by integer_plan.cpp.
#include "integer_slab.h"
#include "threads.h"

namespace sn {
namespace {

// Sums of P positions and kTile channels stay in registers while all that they read passes by.
template <class Dots, int P>
void sum_products(const UnsignedLanes* const* taps, int32_t tap_count, int32_t first, int32_t run,
                  const int32_t* weights, UnsignedLanes* sums) {
  UnsignedLanes s[kTile][P] = {};
  for (int32_t tap = 0; tap < tap_count; ++tap, taps += P) {
    for (int32_t b = first; b < first + run; ++b) {
      const typename Dots::Operand x0(taps[0][b]), x1(taps[P > 1 ? 1 : 0][b]),
          x2(taps[P > 1 ? 2 : 0][b]), x3(taps[P > 1 ? 3 : 0][b]);
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

// Where an output's sum reads, place after place; what is outside is padding.
template <int P>
void find_taps(const Slab& slab, const IntegerStep& step, int32_t p, int32_t row, int32_t column) {
  const sn_integer_operator& op = *step.op;
  const UnsignedLanes** to = slab.taps + p;
  if (step.rows >= 0) {
    const int32_t apart = 4 / step.in.channels;
    const int32_t some = (op.size[1] * step.in.channels + 3) / 4;
    for (int32_t i = 0; i < op.size[0]; ++i) {
      const int64_t y = row * op.strides[0] + i * op.dilation[0];
      const UnsignedLanes* from =
          slab.blocks + step.rows + y * step.row_pixels + column * op.strides[1];
      for (int32_t g = 0; g < some; ++g, to += P) *to = from + g * apart;
    }
    return;
  }
  const UnsignedLanes* value = slab.value(op.inputs[0]);
  const int64_t blocks = step.in.blocks();
  const int32_t top = row * op.strides[0] - op.padding[0];
  const int32_t left = column * op.strides[1] - op.padding[1];
  if (top >= 0 && left >= 0 && top + (op.size[0] - 1) * op.dilation[0] < step.in.height &&
      left + (op.size[1] - 1) * op.dilation[1] < step.in.width) {
    const int64_t across = op.dilation[1] * blocks;
    const int64_t down = op.dilation[0] * blocks * step.in.width;
    const UnsignedLanes* from = value + (int64_t{top} * step.in.width + left) * blocks;
    for (int32_t i = 0; i < op.size[0]; ++i, from += down) {
      const UnsignedLanes* at = from;
      for (int32_t j = 0; j < op.size[1]; ++j, at += across, to += P) *to = at;
    }
    return;
  }
  for (int32_t i = 0; i < op.size[0]; ++i) {
    const int32_t y = top + i * op.dilation[0];
    for (int32_t j = 0; j < op.size[1]; ++j, to += P) {
      const int32_t x = left + j * op.dilation[1];
      const bool inside = y >= 0 && y < step.in.height && x >= 0 && x < step.in.width;
      const int64_t at = (int64_t{y} * step.in.width + x) * blocks;
      *to = inside ? value + at : slab.blocks + slab.state.padding;
    }
  }
}

// Bias, rounding, zero point and offset of a channel: one product and one sum of 64 bits, where they fit.
struct Rounding {
  int64_t more;
  int32_t multiplier, shift, bias, zero;
  bool quick;
  Rounding(const sn_integer_operator& op, int32_t channel, int32_t first)
      : more(0),
        multiplier(op.multiplier[channel]),
        shift(op.shift[channel]),
        bias(first),
        zero(op.zero_point + offset_of(op)),
        quick(shift >= 32 && shift <= 52) {
    if (quick) {
      more =
          int64_t{bias} * multiplier + (int64_t{1} << (shift - 1)) + zero * (int64_t{1} << shift);
    }
  }
  IntLanes apply(IntLanes sum) const {
    if (quick) return high_product(sum, multiplier, more, shift);
    return requantize(sum + bias, multiplier, shift) + zero;
  }
};

template <class Dots, int P>
void convolve(const Slab& slab, const IntegerStep& step) {
  constexpr int kChannels = P > 1 ? kStrip : kLongStrip;
  const sn_integer_operator& op = *step.op;
  const IntegerStep& last = step.pooled ? (&step)[1] : step;
  const int32_t channels = step.out.channels, width = last.out.width;
  const int64_t pixels = last.out.pixels(), words = int64_t{step.taps} * step.run * Dots::kWords;
  const UnsignedLanes empty =
      UnsignedLanes{} + 0x01010101u * static_cast<uint32_t>(slab.zero(op.inputs[0]));
  for (int32_t b = 0; b < step.in.blocks(); ++b) slab.blocks[slab.state.padding + b] = empty;
  for (int64_t pixel = 0; pixel < pixels; pixel += step.pooled ? 1 : P) {
    for (int p = 0; p < P; ++p) {
      const int64_t more = step.pooled ? 0 : p,
                    at = pixel + more < pixels ? pixel + more : pixels - 1;
      const int32_t row = static_cast<int32_t>(at / width),
                    column = static_cast<int32_t>(at % width);
      if (step.pooled) {
        find_taps<P>(slab, step, p, 2 * row + p / 2, 2 * column + p % 2);
      } else {
        find_taps<P>(slab, step, p, row, column);
      }
    }
    const int32_t* weights = slab.state.weights + step.weights;
    for (int32_t strip = 0; strip * kChannels < channels; ++strip) {
      const int32_t first = step.rows >= 0 ? 0 : first_block(step, strip);
      UnsignedLanes sums[kChannels * P];
      for (int32_t o = 0; o < kChannels; o += kTile, weights += kTile * words) {
        sum_products<Dots, P>(slab.taps, step.taps, first, step.run, weights, sums + o * P);
      }
      for (int32_t o = 0; o < kChannels; o += 4) {
        const int32_t channel = strip * kChannels + o;
        if (channel >= channels) break;
        IntLanes v[P][4] = {};
        const int32_t rest = channels - channel < 4 ? channels - channel : 4;
        for (int32_t j = 0; j < rest; ++j) {
          const IntLanes* s = reinterpret_cast<const IntLanes*>(sums + (o + j) * P);
          const int32_t bias = slab.state.biases[step.biases + channel + j];
          const Rounding rounding(op, channel + j, bias);
          if (P > 1 && step.pooled) {  // the largest sum is rounded to the largest integer
            const IntLanes most =
                larger(larger(s[0], s[P > 1 ? 1 : 0]), larger(s[P > 1 ? 2 : 0], s[P > 1 ? 3 : 0]));
            v[0][j] = rounding.apply(most);
          } else {
            for (int p = 0; p < P; ++p) v[p][j] = rounding.apply(s[p]);
          }
        }
        for (int p = 0; p < (step.pooled ? 1 : P) && pixel + p < pixels; ++p) {
          store(slab, op, slab.blocks + last.value, pixel + p, channel, v[p]);
        }
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
        if (step.strip == kStrip) {
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
  for (;;) {
    const int64_t first = __atomic_fetch_add(&call.next, int64_t{kLanes}, __ATOMIC_RELAXED);
    if (first >= call.count) return;
    const int64_t rest = call.count - first;
    const Slab slab = {state,
                       reinterpret_cast<UnsignedLanes*>(memory),
                       reinterpret_cast<const UnsignedLanes**>(memory + state.taps),
                       call.images + first * size,
                       call.outputs + first * out.pixels() * out.channels,
                       static_cast<int32_t>(rest < kLanes ? rest : kLanes)};
#if defined(__AVX__)
    if (state.dots) {
      run<ByteDots>(slab);
    } else {
      run<PlainDots>(slab);
    }
#else
    run<PlainDots>(slab);
#endif
    write_outputs(slab);
  }
}

}  // namespace
}  // namespace sn

extern "C" sn_status sn_integer_predict(sn_integer_state* state, sn_pool* pool,
                                        const uint8_t* images, int64_t count, int16_t* outputs) {
  sn::Call call = {*state, images, count, outputs, 0};
  if (count > 0) sn::run_together(pool, sn::work, &call);
  return SN_OK;
}
