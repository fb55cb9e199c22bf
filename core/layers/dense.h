// Dense on a slab, and its kernel's gradient for a whole batch.
//
// Forward and input gradient are a correlation with one position. The kernel's gradient sums over
// images, which are lanes here; so it is taken once a batch, as an outer product: vectors run along the
// units, and each image's inputs are broadcast. No lane is ever summed.
#pragma once

#include "activation.h"
#include "correlate.h"
#include "pack.h"

namespace sn {

inline void dense_forward(const Site<Lanes>& site, const float* parameters, const float* packed) {
  const Operation& op = site.op;
  RowTask task{};
  task.input = site.x().at;
  task.last_row = task.kernel_rows = 1;
  task.taps = 1;
  task.depth = op.fan_in;
  task.positions = 1;
  task.weights = packed + op.packed_forward;
  task.channels = op.out.channels;
  task.bias = op.bias >= 0 ? parameters + op.bias : nullptr;
  task.floor = -__builtin_inff();
  task.output = site.y().at;
  task.output_step = op.out.channels;
  correlate_row<kDenseTile, false>(task);
  activate_row(site.y().at, op.out.channels, site.out.activation, site.out.alpha);
}

inline void dense_input_gradient(const Site<Lanes>& site, const float* packed) {
  const Operation& op = site.op;
  RowTask task{};
  task.input = site.dy().at;
  task.last_row = task.kernel_rows = 1;
  task.taps = 1;
  task.depth = op.out.channels;
  task.positions = 1;
  task.weights = packed + op.packed_backward;
  task.channels = op.fan_in;
  task.floor = -__builtin_inff();
  task.output = site.dx().at;
  task.output_step = op.fan_in;
  correlate_row<kDenseTile, false>(task);
  carry_row(site.dx().at, site.x().at, site.dx().at, op.fan_in, site.in.activation,
            site.in.alpha);
}

// Keeps the output gradients as [image][unit], for the batch's sum.
inline void dense_keep_gradient(const Site<Lanes>& site) {
  const Operation& op = site.op;
  float* to = site.slab.output_gradients + op.output_gradients;
  const Lanes* dy = site.dy().at;
  for (int u = 0; u < op.out.channels; ++u) {
    for (int i = 0; i < kLanes; ++i) to[i * op.padded_units + u] = dy[u][i];
  }
}

namespace detail {

// Rows inputs x Width vectors of units, over all images of all slabs.
template <int Rows, int Width>
inline void outer_tile(const Lanes* const* inputs, const float* const* gradients, int slabs,
                       int64_t row, int64_t unit, int64_t padded_units, Lanes (&sum)[Rows][Width]) {
  for (int r = 0; r < Rows; ++r) {
    for (int w = 0; w < Width; ++w) sum[r][w] = Lanes{};
  }
  for (int s = 0; s < slabs; ++s) {
    const float* x = reinterpret_cast<const float*>(inputs[s] + row);
    const float* dy = gradients[s] + unit;
    for (int i = 0; i < kLanes; ++i) {
      Lanes d[Width];
      for (int w = 0; w < Width; ++w) {
        d[w] = *reinterpret_cast<const Lanes*>(dy + i * padded_units + w * kLanes);
      }
      for (int r = 0; r < Rows; ++r) {
        const Lanes value = broadcast<Lanes>(x[r * kLanes + i]);
        for (int w = 0; w < Width; ++w) sum[r][w] += value * d[w];
      }
    }
  }
}

}  // namespace detail

// Writes the gradient of rows first … last-1 from `gradient` on; `inputs[s]` and `gradients[s]` are slab s's.
inline void dense_kernel_gradient(const Operation& op, const Lanes* const* inputs,
                                  const float* const* gradients, int slabs, int64_t first,
                                  int64_t last, float* gradient) {
  constexpr int kRows = 4, kWidth = 2;
  const int64_t units = op.out.channels;
  const auto store = [&](int64_t row, int64_t unit, Lanes values) {
    const int64_t count = units - unit < kLanes ? units - unit : kLanes;
    for (int64_t i = 0; i < count; ++i) gradient[(row - first) * units + unit + i] = values[i];
  };
  for (int64_t row = first; row < last;) {
    const bool many = row + kRows <= last;
    for (int64_t unit = 0; unit < op.padded_units;) {
      const bool wide = unit + kWidth * kLanes <= op.padded_units;
      if (many && wide) {
        Lanes sum[kRows][kWidth];
        detail::outer_tile(inputs, gradients, slabs, row, unit, op.padded_units, sum);
        for (int r = 0; r < kRows; ++r) {
          for (int w = 0; w < kWidth; ++w) store(row + r, unit + w * kLanes, sum[r][w]);
        }
      } else if (many) {
        Lanes sum[kRows][1];
        detail::outer_tile(inputs, gradients, slabs, row, unit, op.padded_units, sum);
        for (int r = 0; r < kRows; ++r) store(row + r, unit, sum[r][0]);
      } else {
        Lanes sum[1][1];
        detail::outer_tile(inputs, gradients, slabs, row, unit, op.padded_units, sum);
        store(row, unit, sum[0][0]);
      }
      unit += many && wide ? kWidth * kLanes : kLanes;
    }
    row += many ? kRows : 1;
  }
}

inline void dense_bias_gradient(const Operation& op, const float* const* gradients, int slabs,
                                float* gradient) {
  for (int u = 0; u < op.out.channels; ++u) gradient[u] = 0.0f;
  for (int s = 0; s < slabs; ++s) {
    for (int i = 0; i < kLanes; ++i) {
      const float* dy = gradients[s] + int64_t{i} * op.padded_units;
      for (int u = 0; u < op.out.channels; ++u) gradient[u] += dy[u];
    }
  }
}

}  // namespace sn
