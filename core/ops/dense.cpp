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

// Training: the kernel isn't packed.
bool reads_in_place(const Operation& op, const Pass& pass) {
  return kMostGroup > 1 && op.kernel_in_place && pass.winograd;
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
  task.weights = pass.parameters + op.kernel;
  task.bias = op.bias >= 0 ? pass.parameters + op.bias : nullptr;
  task.depth = op.fan_in;
  task.channels = op.out.channels;
  dense_group(task);
  for (int s = 0; s < count; ++s) {
    activate_row(task.output[s], op.out.channels, out.activation, out.alpha);
  }
}

void dense_forward(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  if (reads_in_place(op, pass)) return dense_forward_group(ctx.plan, op, &ctx.slab, 1, pass);
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

void dense_backward_group(const Plan& plan, const Operation& op, const Slab<Lanes>* slabs,
                          int count, const Pass& pass) {
  const Tensor& in = plan.tensors[op.input];
  DenseTask task{};
  task.slabs = count;
  for (int s = 0; s < count; ++s) {
    task.input[s] = slabs[s].gradient(plan.tensors[op.output]).at;
    task.output[s] = slabs[s].own + plan.edges[op.first_edge].place.at;
  }
  task.weights = pass.parameters + op.kernel;
  task.depth = op.out.channels;
  task.channels = op.fan_in;
  dense_group_turned(task);
  for (int s = 0; s < count; ++s) {
    backward_row(task.output[s], slabs[s].values(in).at, task.output[s], op.fan_in, in.activation,
                 in.alpha);
  }
}

void dense_backward(const Context<Lanes>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  if (reads_in_place(op, pass)) return dense_backward_group(ctx.plan, op, &ctx.slab, 1, pass);
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

// Units whose output gradients are neighbours, image by image: two vectors, or one behind the last pair.
constexpr int kPanel = 2;

// Where the panel of a unit begins, the first of its panel.
int64_t panel_of(int64_t unit) { return unit * kLanes; }
int panel_vectors(int64_t unit, int64_t units) { return units - unit > kLanes ? kPanel : 1; }

// Keeps the output gradients as [panel][image][unit of the panel], for the batch's sum.
void dense_keep_gradient(const Context<Lanes>& ctx, const Pass&) {
  const Operation& op = ctx.op;
  const int units = op.out.channels;
  const Lanes* dy = ctx.dy().at;
  for (int unit = 0; unit < units;) {
    const int width = panel_vectors(unit, units);
    Lanes* to =
        reinterpret_cast<Lanes*>(ctx.slab.output_gradients + op.output_gradients + panel_of(unit));
    for (int w = 0; w < width; ++w, unit += kLanes) {
      Lanes v[kLanes];
      for (int i = 0; i < kLanes; ++i) v[i] = unit + i < units ? dy[unit + i] : Lanes{};
      transpose_lanes(v);
      for (int i = 0; i < kLanes; ++i) to[i * width + w] = v[i];
    }
  }
}

// Rows inputs x Width vectors of units, over all images of all slabs; `panel` is where those units' output
// gradients begin in each slab's.
template <int Rows, int Width>
void outer_tile(const Lanes* const* inputs, const float* const* gradients, int slabs, int64_t row,
                int64_t panel, Lanes (&sum)[Rows][Width]) {
  for (int r = 0; r < Rows; ++r) {
    for (int w = 0; w < Width; ++w) sum[r][w] = Lanes{};
  }
  for (int s = 0; s < slabs; ++s) {
    const float* x = reinterpret_cast<const float*>(inputs[s] + row);
    const Lanes* dy = reinterpret_cast<const Lanes*>(gradients[s] + panel);
    for (int i = 0; i < kLanes; ++i, dy += Width) {
      Lanes d[Width];
      for (int w = 0; w < Width; ++w) d[w] = dy[w];
      for (int r = 0; r < Rows; ++r) {
        const Lanes value = broadcast<Lanes>(x[r * kLanes + i]);
        for (int w = 0; w < Width; ++w) sum[r][w] += value * d[w];
      }
    }
  }
}

// Rows first ... last-1 of a panel's gradient.
template <int Width>
void panel_gradient(const Lanes* const* inputs, const float* const* gradients, int slabs,
                    int64_t first, int64_t last, int64_t unit, int64_t units, float* gradient) {
  constexpr int kRows = kSums >= 24 ? 8 : 4;
  const auto store = [&](int64_t row, int w, Lanes values) {
    const int64_t left = units - unit - w * kLanes;
    float* to = gradient + (row - first) * units + unit + w * kLanes;
    if (left >= kLanes) {
      *reinterpret_cast<Vector<kLanes>::Loose*>(to) = values;
      return;
    }
    for (int64_t i = 0; i < left; ++i) to[i] = values[i];
  };
  int64_t row = first;
  for (; row + kRows <= last; row += kRows) {
    Lanes sum[kRows][Width];
    outer_tile(inputs, gradients, slabs, row, panel_of(unit), sum);
    for (int r = 0; r < kRows; ++r) {
      for (int w = 0; w < Width; ++w) store(row + r, w, sum[r][w]);
    }
  }
  for (; row < last; ++row) {
    Lanes sum[1][Width];
    outer_tile(inputs, gradients, slabs, row, panel_of(unit), sum);
    for (int w = 0; w < Width; ++w) store(row, w, sum[0][w]);
  }
}

// Writes the gradient of rows first … last-1 from `gradient` on; `inputs[s]` and `gradients[s]` are slab s's.
// A panel's output gradients stay in the nearest cache for all rows.
void dense_kernel_gradient(const Operation& op, const Lanes* const* inputs,
                           const float* const* gradients, int slabs, int64_t first, int64_t last,
                           float* gradient) {
  const int64_t units = op.out.channels;
  for (int64_t unit = 0; unit < units; unit += kPanel * kLanes) {
    panel_vectors(unit, units) == kPanel
        ? panel_gradient<kPanel>(inputs, gradients, slabs, first, last, unit, units, gradient)
        : panel_gradient<1>(inputs, gradients, slabs, first, last, unit, units, gradient);
  }
}

void dense_bias_gradient(const Operation& op, const float* const* gradients, int slabs,
                         float* gradient) {
  const int64_t units = op.out.channels;
  for (int64_t unit = 0; unit < units; unit += kPanel * kLanes) {
    const int64_t width = panel_vectors(unit, units) * kLanes;
    const int64_t count = units - unit < width ? units - unit : width;
    for (int64_t u = 0; u < count; ++u) gradient[unit + u] = 0.0f;
    for (int s = 0; s < slabs; ++s) {
      const float* dy = gradients[s] + panel_of(unit);
      for (int i = 0; i < kLanes; ++i, dy += width) {
        for (int64_t u = 0; u < count; ++u) gradient[unit + u] += dy[u];
      }
    }
  }
}

void dense_pack(const Operation& op, const float* kernel, float* packed, int64_t first,
                int64_t last, bool training) {
  if (kMostGroup > 1 && op.kernel_in_place && training) return;
  pack_kernel(op, kernel, packed, first, last, false);
}

constexpr Kernels kDenseKernels = {
    .forward = dense_forward,
    .single = dense_single,
    .backward = dense_backward,
    .weight_gradient = dense_keep_gradient,
    .pack = dense_pack,
    .kernel_gradient = dense_kernel_gradient,
    .bias_gradient = dense_bias_gradient,
    .forward_group = kMostGroup > 1 ? dense_forward_group : nullptr,
    .backward_group = kMostGroup > 1 ? dense_backward_group : nullptr,
    .single_parts = dense_single_parts};

Operation& add_matrix(Builder& builder, const Node& node, int32_t inputs, int32_t units) {
  Operation& op = builder.add(node, kDenseKernels, {1, 1, units});
  op.window = {1, 1, 1, 1, 0, 0};
  op.matrix = op.keeps_input = true;
  op.foldable = true;
  op.fan_in = inputs;
  op.padded_units = ceil_div(units, kLanes) * kLanes;
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
