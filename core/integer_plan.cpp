// An integer network checked, its values placed in a slab's memory.
//
// Knows the operators' rules; computes nothing of an image.
#include "integer.h"
#include "processor.h"
#include "text.h"

// Runs once for a network: small rather than fast.
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)

namespace sn {
namespace {

constexpr int64_t kMostBlocks = int64_t{1} << 24;  // of a value: 1 GiB of 16 lanes
constexpr int32_t kMostSide = 1 << 20;

IntegerShape shape_at(const sn_integer_network& net, int32_t index) {
  const int32_t* s = index < 0 ? net.shape : net.operators[index].shape;
  return {s[0], s[1], s[2]};
}

bool is_shape(const int32_t (&s)[3]) {
  for (const int32_t side : s) {
    if (side < 1 || side > kMostSide) return false;
  }
  const IntegerShape shape = {s[0], s[1], s[2]};
  return shape.pixels() <= kMostBlocks && shape.size() <= kMostBlocks;
}

bool are_positive(const int32_t (&pair)[2]) {
  return pair[0] >= 1 && pair[1] >= 1 && pair[0] <= kMostSide && pair[1] <= kMostSide;
}

bool is_long_shift(int32_t shift, int32_t multiplier) {
  return shift >= 1 && shift <= 62 && multiplier >= 0;
}

int64_t magnitude(int64_t value) { return value < 0 ? -value : value; }

// The sums fit 32 bits: 255 times the weights and the bias of each output.
bool fits_sums(const sn_integer_operator& op, int32_t depth) {
  const int64_t count = int64_t{op.size[0]} * op.size[1] * depth, out = op.shape[2];
  for (int64_t o = 0; o < out; ++o) {
    int64_t sum = magnitude(op.bias[o]);
    for (int64_t i = 0; i < count; ++i) sum += 255 * magnitude(op.kernel[i * out + o]);
    if (sum > INT32_MAX || !is_long_shift(op.shift[o], op.multiplier[o])) return false;
  }
  return true;
}

bool fits_short(const sn_integer_operator& op) {
  if (op.shift[0] < 1 || op.shift[0] > 24) return false;
  int64_t sum = int64_t{1} << (op.shift[0] - 1);
  for (int32_t i = 0; i < op.input_count; ++i) sum += 256 * magnitude(op.multiplier[i]);
  return sum <= INT32_MAX;
}

bool repeats(const sn_integer_network& net, const sn_integer_operator& op) {
  for (int32_t k = 0; k < op.input_count; ++k) {
    const IntegerShape in = shape_at(net, op.inputs[k]);
    const int32_t sides[3] = {in.height, in.width, in.channels};
    for (int a = 0; a < 3; ++a) {
      if (sides[a] != 1 && sides[a] != op.shape[a]) return false;
    }
  }
  return true;
}

bool joins(const sn_integer_network& net, const sn_integer_operator& op) {
  int64_t channels = 0;
  for (int32_t k = 0; k < op.input_count; ++k) {
    const IntegerShape in = shape_at(net, op.inputs[k]);
    if (in.height != op.shape[0] || in.width != op.shape[1]) return false;
    channels += in.channels;
  }
  return channels == op.shape[2];
}

// True if an operator's fields go together. Windows may lie anywhere: what is outside is padding.
bool is_sound(const sn_integer_network& net, const sn_integer_operator& op) {
  const IntegerShape in = shape_at(net, op.inputs[0]);
  const int32_t height = op.shape[0], width = op.shape[1], channels = op.shape[2];
  const bool windows = are_positive(op.size) && are_positive(op.strides) &&
                       magnitude(op.padding[0]) < kMostSide && magnitude(op.padding[1]) < kMostSide;
  switch (op.kind) {
    case SN_CONVOLUTION:
      return windows && are_positive(op.dilation) && op.groups >= 1 &&
             in.channels % op.groups == 0 && channels % op.groups == 0 &&
             int64_t{op.size[0]} * op.size[1] * in.channels < kMostBlocks &&
             side_read(op, 0) <= kMostSide && side_read(op, 1) <= kMostSide &&
             side_read(op, 0) * side_read(op, 1) <= kMostBlocks / in.blocks() &&
             fits_sums(op, in.channels / op.groups);
    case SN_MAX_POOLING:
      return windows && in.channels == channels;
    case SN_AVERAGE_POOLING:
      if (op.count < 1 || int64_t{op.size[0]} * op.size[1] >= 1 << 23) return false;
      for (int32_t k = 0; k < op.count; ++k) {
        if (!is_long_shift(op.shift[k], op.multiplier[k])) return false;
      }
      return windows && in.channels == channels;
    case SN_LOOKUP:
      return in.height == height && in.width == width && in.channels == channels;
    case SN_PRODUCT:
      return op.input_count == 2 && repeats(net, op) &&
             is_long_shift(op.shift[0], op.multiplier[0]);
    case SN_SUM:
    case SN_MAXIMUM:
    case SN_MINIMUM:
      return repeats(net, op) && fits_short(op);
    case SN_CONCATENATION:
      return joins(net, op) && fits_short(op);
    case SN_PADDING:
      return op.padding[0] >= 0 && op.padding[1] >= 0 && in.channels == channels;
    case SN_CROPPING:
      return op.padding[0] >= 0 && op.padding[1] >= 0 && in.channels == channels &&
             int64_t{op.padding[0]} + height <= in.height &&
             int64_t{op.padding[1]} + width <= in.width;
    case SN_UP_SAMPLING:
      return are_positive(op.size) && in.channels == channels &&
             int64_t{in.height} * op.size[0] == height && int64_t{in.width} * op.size[1] == width;
    case SN_RESHAPING:
      return in.pixels() * in.channels == int64_t{height} * width * channels;
    default:
      return false;
  }
}

int32_t readers(const sn_integer_network& net, int32_t index) {
  int32_t count = 0;
  for (int32_t i = 0; i < net.operator_count; ++i) {
    for (int32_t k = 0; k < net.operators[i].input_count; ++k) {
      count += net.operators[i].inputs[k] == index;
    }
  }
  return count;
}

// True if a convolution reads its input four columns of a channel at a time.
bool reads_quads(const sn_integer_network& net, int32_t index) {
  const sn_integer_operator& op = net.operators[index];
  const int32_t channels = shape_at(net, op.inputs[0]).channels;
  return op.kind == SN_CONVOLUTION && op.groups > 1 && op.groups == channels &&
         op.shape[2] == channels && op.size[1] > 1;
}

// True if a convolution's sums may be pooled before they are rounded: no order changes by rounding.
bool pools_next(const sn_integer_network& net, int32_t index) {
  if (reads_quads(net, index) || index + 1 >= net.operator_count || readers(net, index) != 1)
    return false;
  const sn_integer_operator& op = net.operators[index];
  const sn_integer_operator& next = net.operators[index + 1];
  return next.kind == SN_MAX_POOLING && next.inputs[0] == index && next.size[0] == 2 &&
         next.size[1] == 2 && next.strides[0] == 2 && next.strides[1] == 2 &&
         next.padding[0] == 0 && next.padding[1] == 0 && next.shape[0] * 2 <= op.shape[0] &&
         next.shape[1] * 2 <= op.shape[1] && op.low >= -128 && op.high <= 127;
}

// Two positions beside each other share their quads if each would read as many alone, or more than half.
void find_quads(IntegerStep& step) {
  const sn_integer_operator& op = *step.op;
  const int32_t columns = (op.size[1] - 1) * op.dilation[1] + 1;
  const int32_t one = (columns + 3) / 4, two = (columns + op.strides[1] + 3) / 4;
  step.positions = two < 2 * one && step.out.width > 1 ? 2 : 1;
  step.quads = step.positions == 2 ? two : one;
  step.strip = 4;
}

int32_t run_of(const IntegerStep& step) {
  const int32_t part = step.out.channels / step.op->groups,
                depth = step.in.channels / step.op->groups;
  int32_t most = 0;
  for (int32_t o = 0; o < step.out.channels; o += step.strip) {
    int32_t end = o + step.strip < step.out.channels ? o + step.strip : step.out.channels;
    end = ((end - 1) / part + 1) * depth;
    const int32_t run = (end + 3) / 4 - o / part * depth / 4;
    most = run > most ? run : most;
  }
  return most;
}

int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

int64_t round_up(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// The steps of a network, and how much memory they need: with `steps` null, only how much.
struct Layout {
  int64_t roundings = 0, weights = 0, blocks = 0, padding = 0, image = -1, padded = 0, scratch = 0;
  int32_t most_taps = 1;
};

Layout lay_out(const sn_integer_network& net, int32_t instructions, IntegerStep* steps) {
  Layout layout;
  const int32_t words = instructions == kPlain ? PlainDots::kWords : 1;
  int64_t most_padded = 0, most_scratch = 0;
  bool whole = false;
  for (int32_t i = 0; i < net.operator_count; ++i) {
    const sn_integer_operator& op = net.operators[i];
    IntegerStep step = {};
    step.op = &op;
    step.in = shape_at(net, op.inputs[0]);
    step.out = shape_at(net, i);
    step.rows = -1;
    step.done = i > 0 && net.operators[i - 1].kind == SN_CONVOLUTION && pools_next(net, i - 1);
    if (op.kind == SN_CONVOLUTION) {
      step.pooled = pools_next(net, i);
      const bool is_tiled = instructions == kTiles && op.groups == 1;
      step.positions = step.out.pixels() < kPositions ? 1 : kPositions;
      step.strip = is_tiled || step.positions == 1 ? kLongStrip : kStrip;
      step.taps = op.size[0] * op.size[1];
      step.run = run_of(step);
      const int64_t height = side_read(op, 0), read = side_read(op, 1);
      step.padded =
          op.padding[0] || op.padding[1] || height > step.in.height || read > step.in.width;
      step.row_pixels = step.padded ? static_cast<int32_t>(read) : step.in.width;
      step.pixel_blocks = step.in.blocks();
      // One channel would leave bytes empty: the pixels of a row stand beside each other instead.
      if (op.inputs[0] < 0 && step.in.channels == 1 && op.dilation[1] == 1 && op.size[1] > 1 &&
          step.positions == kPositions) {
        const RowTaps taps(op);
        step.taps = taps.count();
        step.run = 1;
        step.padded = 0;
        step.row_pixels = static_cast<int32_t>(read);
        step.pixel_blocks = 1;
        const int64_t blocks = height * read + kRows;
        step.rows = layout.blocks;
        step.columns = taps.has_columns() ? step.rows + blocks : 0;
        layout.blocks += taps.has_columns() ? 2 * blocks : blocks;
      }
      if (reads_quads(net, i)) {
        find_quads(step);
        step.padded = 0;
        most_scratch = larger(most_scratch, kept_rows(op) * quad_vectors(step));
      }
      if (step.padded) most_padded = larger(most_padded, height * read * step.pixel_blocks);
      if (is_tiled) {
        const int64_t depth = int64_t{step.taps} * step.run;
        step.tiles = static_cast<int32_t>((depth + kRows - 1) / kRows);
        const bool whole_rows = op.size[1] == step.in.width && op.dilation[0] == 1 &&
                                op.dilation[1] == 1 && step.out.width == 1;
        step.joined = step.rows < 0 && !step.padded && (step.taps == 1 || whole_rows);
        most_scratch = larger(most_scratch, step.tiles * int64_t{kRows} * kPositions);
      }
      layout.most_taps = step.taps > layout.most_taps ? step.taps : layout.most_taps;
      step.weights = layout.weights;
      step.roundings = layout.roundings;
      layout.weights += packed_words(step, words);
      layout.roundings += padded_channels(step);
    }
    for (int32_t k = 0; k < op.input_count; ++k) whole |= op.inputs[k] < 0 && step.rows < 0;
    step.value = layout.blocks;
    if (!step.pooled) layout.blocks += step.out.size();
    if (steps) steps[i] = step;
  }
  if (whole) {
    layout.image = layout.blocks;
    layout.blocks += shape_at(net, SN_IMAGE).size();
  }
  layout.padding = layout.blocks;
  layout.padded = layout.padding + 1;
  layout.scratch = layout.padded + most_padded;
  layout.blocks = layout.scratch;
  layout.blocks += most_scratch;
  return layout;
}

bool check(const sn_integer_network& net, Line& line) {
  if (net.operator_count < 1 || !is_shape(net.shape)) {
    line << "an integer network has an image and operators";
    return false;
  }
  for (int32_t i = 0; i < net.operator_count; ++i) {
    const sn_integer_operator& op = net.operators[i];
    bool sound = op.input_count >= 1 && is_shape(op.shape);
    for (int32_t k = 0; sound && k < op.input_count; ++k) {
      sound = op.inputs[k] >= SN_IMAGE && op.inputs[k] < i;
      // Only the last output may be wider than 8 bits.
      if (sound && op.inputs[k] >= 0) {
        const sn_integer_operator& in = net.operators[op.inputs[k]];
        sound = in.low >= -128 && in.high <= 127;
      }
    }
    sound = sound && op.low >= INT16_MIN && op.high <= INT16_MAX && op.low <= op.high &&
            op.zero_point >= -128 && op.zero_point <= 127;
    if (!sound || !is_sound(net, op)) {
      line << "operator " << i << " is wrong";
      return false;
    }
  }
  return true;
}

int32_t instructions(const sn_integer_network& net) {
#if defined(__AVX__)
  if (net.plain == 1 || !has_byte_dots()) return kPlain;
  return net.plain == 0 && may_use_tiles() ? kTiles : kByteDots;
#else
  return static_cast<void>(net), kPlain;
#endif
}

int64_t slab_bytes(const Layout& layout) {
  return round_up(layout.blocks * int64_t{sizeof(IntLanes)}) +
         round_up(int64_t{layout.most_taps} * int64_t{sizeof(int64_t)});
}

}  // namespace
}  // namespace sn

using namespace sn;

extern "C" int64_t sn_integer_bytes(const sn_integer_network* network, int32_t threads,
                                    char error[SN_ERROR_BYTES]) {
  Line line(error);
  if (threads < 1 || !check(*network, line)) return -1;
  const Layout layout = lay_out(*network, instructions(*network), nullptr);
  return round_up(sizeof(sn_integer_state)) +
         round_up(network->operator_count * int64_t{sizeof(IntegerStep)}) +
         round_up(layout.roundings * int64_t{sizeof(Rounding)}) + round_up(layout.weights * 4) +
         threads * slab_bytes(layout);
}

extern "C" sn_integer_state* sn_integer_init(void* memory, int64_t bytes,
                                             const sn_integer_network* network, int32_t threads,
                                             char error[SN_ERROR_BYTES]) {
  const int64_t needed = sn_integer_bytes(network, threads, error);
  if (needed < 0) return nullptr;
  if (bytes < needed) {
    Line(error) << "an integer network needs " << needed << " bytes";
    return nullptr;
  }
  char* at = static_cast<char*>(memory);
  sn_integer_state& state = *reinterpret_cast<sn_integer_state*>(at);
  at += round_up(sizeof(sn_integer_state));
  state.network = *network;
  state.instructions = instructions(*network);
  const int32_t words = state.instructions == kPlain ? PlainDots::kWords : 1;
  state.steps = reinterpret_cast<IntegerStep*>(at);
  at += round_up(network->operator_count * int64_t{sizeof(IntegerStep)});
  const Layout layout = lay_out(*network, state.instructions, state.steps);
  state.roundings = reinterpret_cast<Rounding*>(at);
  at += round_up(layout.roundings * int64_t{sizeof(Rounding)});
  state.weights = reinterpret_cast<int32_t*>(at);
  at += round_up(layout.weights * 4);
  state.slabs = at;
  state.offsets = round_up(layout.blocks * int64_t{sizeof(IntLanes)});
  state.slab_bytes = slab_bytes(layout);
  state.image = layout.image;
  state.padding = layout.padding;
  state.padded = layout.padded;
  state.scratch = layout.scratch;
  state.threads = threads;
  for (int32_t i = 0; i < network->operator_count; ++i) {
    IntegerStep& step = state.steps[i];
    if (step.op->kind != SN_CONVOLUTION) continue;
    const int32_t input = step.op->inputs[0];
    const int32_t zero = input < 0 ? network->zero_point : network->operators[input].zero_point;
    pack(step, words, state.weights + step.weights);
    prepare(step, zero, state.roundings + step.roundings);
  }
  return &state;
}

#pragma clang attribute pop
