// The taps of a depthwise convolution that reach an input, for the gradient of that.
#pragma once

#include "../ops/operator.h"

namespace sn {

// The taps of a window, in one direction, that reach an input: those that leave the same remainder modulo
// the stride. Tap first + t reaches input first_input + j stride from the output base + j - t.
struct Taps {
  int first, count, first_input, inputs, base, outputs;

  // Of the inputs with a remainder; `inputs` and `outputs` are the lengths of the images.
  Taps(int remainder, int window, int stride, int pad, int inputs_in_all, int outputs_in_all)
      : first(remainder),
        count(remainder < window ? ceil_div(window - remainder, stride) : 0),
        first_input((remainder - pad % stride + stride) % stride),
        inputs(inputs_in_all > first_input ? ceil_div(inputs_in_all - first_input, stride) : 0),
        base((first_input + pad - remainder) / stride),
        outputs(outputs_in_all) {}

  // Those t for which the output is inside.
  int low(int j) const { return base + j < outputs ? 0 : base + j - outputs + 1; }
  int high(int j) const { return base + j < count ? base + j + 1 : count; }
};

// The taps that reach a row of inputs.
struct RowTaps {
  const Lanes* dy;  // what the first tap in each direction would read for the first input
  const float* kernel;
  int count;

  RowTaps() = default;
  RowTaps(const Context<Lanes>& ctx, const Pass& pass, int iy) {
    const Operation& op = ctx.op;
    const Window& w = op.window;
    const Taps rows((iy + w.pad_top) % w.stride_height, w.height, w.stride_height, w.pad_top,
                    op.in.height, op.out.height);
    const int j = iy / w.stride_height, first = rows.low(j);
    count = rows.high(j) - first;
    dy = ctx.dy().at + int64_t{rows.base + j - first} * ctx.dy().stride;
    kernel = pass.parameters + op.kernel +
             int64_t{rows.first + first * w.stride_height} * w.width * op.out.channels;
  }
};

}  // namespace sn
