// Dense on a slab, and its kernel's gradient for a whole batch.
//
// Forward and input gradient are a correlation with one position. The kernel's gradient sums over
// images, which are lanes here; so it is taken once a batch, as an outer product: vectors run along the
// units, and each image's inputs are broadcast. No lane is ever summed.
#include "../kernels/correlate.h"
#include "../kernels/dense.h"
#include "../kernels/pack.h"
#include "../kernels/single.h"
#include "convolutions.h"

namespace sn {
namespace {

void dense_forward(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  RowTask task{};
  task.input = ctx.x().at;
  task.last_row = task.kernel_rows = 1;
  task.taps = 1;
  task.depth = op.fan_in;
  task.positions = 1;
  task.weights = pass.packed + op.packed_forward;
  task.channels = op.out.channels;
  task.bias = op.bias >= 0 ? pass.parameters + op.bias : nullptr;
  task.floor = -__builtin_inff();
  task.output = ctx.y().at;
  task.output_step = op.out.channels;
  correlate_row<kDenseTile, false>(task);
  activate_row(ctx.y().at, op.out.channels, ctx.out.activation, ctx.out.alpha);
}

void dense_backward(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  RowTask task{};
  task.input = ctx.dy().at;
  task.last_row = task.kernel_rows = 1;
  task.taps = 1;
  task.depth = op.out.channels;
  task.positions = 1;
  task.weights = pass.packed + op.packed_backward;
  task.channels = op.fan_in;
  task.floor = -__builtin_inff();
  task.output = ctx.dx().at;
  task.output_step = op.fan_in;
  correlate_row<kDenseTile, false>(task);
  backward_row(ctx.dx().at, ctx.x().at, ctx.dx().at, op.fan_in, ctx.in.activation, ctx.in.alpha);
}

void dense_forward_group(const Plan& plan, const Operation& op, const Slab<Lanes>* slabs, int count,
                         const Pass& pass) {
  const Tensor& in = plan.tensors[op.input];
  const Tensor& out = plan.tensors[op.output];
  DenseTask task{};
  task.slabs = count;
  for (int s = 0; s < count; ++s) {
    task.input[s] = slabs[s].values(in).at;
    task.output[s] = slabs[s].values(out).at;
  }
  task.weights = pass.packed + op.packed_forward;
  task.bias = op.bias >= 0 ? pass.parameters + op.bias : nullptr;
  task.depth = op.fan_in;
  task.channels = op.out.channels;
  dense_group(task);
  for (int s = 0; s < count; ++s) {
    activate_row(task.output[s], op.out.channels, out.activation, out.alpha);
  }
}

void dense_backward_group(const Plan& plan, const Operation& op, const Slab<Lanes>* slabs,
                          int count, const Pass& pass) {
  const Tensor& in = plan.tensors[op.input];
  DenseTask task{};
  task.slabs = count;
  for (int s = 0; s < count; ++s) {
    task.input[s] = slabs[s].gradient(plan.tensors[op.output]).at;
    task.output[s] = slabs[s].own + plan.edges[op.first_edge].place.at;
  }
  task.weights = pass.packed + op.packed_backward;
  task.depth = op.out.channels;
  task.channels = op.fan_in;
  dense_group(task);
  for (int s = 0; s < count; ++s) {
    backward_row(task.output[s], slabs[s].values(in).at, task.output[s], op.fan_in, in.activation,
                 in.alpha);
  }
}

// Keeps the output gradients as [image][unit], for the batch's sum.
void dense_keep_gradient(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  float* to = ctx.slab.output_gradients + op.output_gradients;
  const Lanes* dy = ctx.dy().at;
  int u = 0;
  for (; u + kLanes <= op.out.channels; u += kLanes) {
    Lanes v[kLanes];
    for (int i = 0; i < kLanes; ++i) v[i] = dy[u + i];
    transpose_lanes(v);
    for (int i = 0; i < kLanes; ++i) {
      *reinterpret_cast<Lanes*>(to + i * op.padded_units + u) = v[i];
    }
  }
  for (; u < op.out.channels; ++u) {
    for (int i = 0; i < kLanes; ++i) to[i * op.padded_units + u] = dy[u][i];
  }
}

// Rows inputs x Width vectors of units, over all images of all slabs.
template <int Rows, int Width>
void outer_tile(const Lanes* const* inputs, const float* const* gradients, int slabs, int64_t row,
                int64_t unit, int64_t padded_units, Lanes (&sum)[Rows][Width]) {
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

// Writes the gradient of rows first … last-1 from `gradient` on; `inputs[s]` and `gradients[s]` are slab s's.
void dense_kernel_gradient(const Operation& op, const Lanes* const* inputs,
                           const float* const* gradients, int slabs, int64_t first, int64_t last,
                           float* gradient) {
  constexpr int kRows = kSums >= 24 ? 8 : 4, kWidth = 2;
  const int64_t units = op.out.channels;
  const auto store = [&](int64_t row, int64_t unit, Lanes values) {
    float* to = gradient + (row - first) * units + unit;
    if (unit + kLanes <= units) {
      *reinterpret_cast<Vector<kLanes>::Loose*>(to) = values;
      return;
    }
    for (int64_t i = 0; i < units - unit; ++i) to[i] = values[i];
  };
  // The output gradients of two vectors of units stay in the nearest cache for all rows.
  for (int64_t unit = 0; unit < units;) {
    const bool wide = unit + (kWidth - 1) * kLanes < units;
    for (int64_t row = first; row < last;) {
      const bool many = row + kRows <= last;
      if (many && wide) {
        Lanes sum[kRows][kWidth];
        outer_tile(inputs, gradients, slabs, row, unit, op.padded_units, sum);
        for (int r = 0; r < kRows; ++r) {
          for (int w = 0; w < kWidth; ++w) store(row + r, unit + w * kLanes, sum[r][w]);
        }
      } else if (many) {
        Lanes sum[kRows][1];
        outer_tile(inputs, gradients, slabs, row, unit, op.padded_units, sum);
        for (int r = 0; r < kRows; ++r) store(row + r, unit, sum[r][0]);
      } else if (wide) {
        Lanes sum[1][kWidth];
        outer_tile(inputs, gradients, slabs, row, unit, op.padded_units, sum);
        for (int w = 0; w < kWidth; ++w) store(row, unit + w * kLanes, sum[0][w]);
      } else {
        Lanes sum[1][1];
        outer_tile(inputs, gradients, slabs, row, unit, op.padded_units, sum);
        store(row, unit, sum[0][0]);
      }
      row += many ? kRows : 1;
    }
    unit += wide ? kWidth * kLanes : kLanes;
  }
}

void dense_bias_gradient(const Operation& op, const float* const* gradients, int slabs,
                         float* gradient) {
  for (int u = 0; u < op.out.channels; ++u) gradient[u] = 0.0f;
  for (int s = 0; s < slabs; ++s) {
    for (int i = 0; i < kLanes; ++i) {
      const float* dy = gradients[s] + int64_t{i} * op.padded_units;
      for (int u = 0; u < op.out.channels; ++u) gradient[u] += dy[u];
    }
  }
}

constexpr Kernels kDenseKernels = {
    .forward = dense_forward,
    .single = dense_single,
    .backward = dense_backward,
    .weight_gradient = dense_keep_gradient,
    .pack = pack_kernel,
    .kernel_gradient = dense_kernel_gradient,
    .bias_gradient = dense_bias_gradient,
    .forward_group = kMostGroup > 1 ? dense_forward_group : nullptr,
    .backward_group = kMostGroup > 1 ? dense_backward_group : nullptr,
    .single_parts = dense_single_parts};

Operation& add_matrix(Builder& builder, const Node& node, int32_t inputs, int32_t units) {
  Operation& op = builder.add(node, kDenseKernels, {1, 1, units});
  op.window = {1, 1, 1, 1, 0, 0};
  op.matrix = op.keeps_input = true;
  op.fan_in = inputs;
  // Images that lie a multiple of 4096 bytes apart would fight for the same lines of the cache.
  op.padded_units = ceil_div(units, kLanes) * kLanes;
  if (op.padded_units % 256 == 0) op.padded_units += kLanes;
  op.packed_count = int64_t{inputs} * units;
  return op;
}

// Over the last axis; where there are others, it is a convolution of 1 x 1.
bool add_dense(Builder& builder, const Node& node) {
  const Shape in = builder.input(node).shape;
  const int32_t inputs = in.channels, units = node.whole("units");
  const bool alone = in.height == 1 && in.width == 1;
  Operation& op = alone ? add_matrix(builder, node, inputs, units)
                        : add_pointwise(builder, node, {in.height, in.width, units});
  builder.add_kernel(node, op, "kernel", {inputs, units}, 2, node.real("kernel_regularizer"));
  if (node.flag("use_bias")) builder.add_bias(node, op, "bias", node.real("bias_regularizer"));
  return builder.activate(node, node.choice("activation"));
}

constexpr sn_attribute_info kAttributes[] = {required(whole("units", 0, 1, kMostUnits)),
                                             kActivation, kUseBias, l2("kernel_regularizer"),
                                             l2("bias_regularizer")};

}  // namespace

extern const Operator kDense = {row_of("Dense", kAttributes), add_dense};

}  // namespace sn
