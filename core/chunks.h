// Chunks of the parameters: their gradients summed over a batch, and a step of the optimizer on them.
#pragma once

#include "network.h"

namespace sn {

inline void sum_slabs(const sn_network& net, int64_t slabs, int64_t at, int64_t count, float* to) {
  const int64_t stride = net.plan.slab_gradient_count;
  for (int64_t s = 0; s < slabs; ++s) {
    const float* from = net.slab_gradients + net.slab_states[s].block * stride + at;
    if (s == 0) {
      for (int64_t i = 0; i < count; ++i) to[i] = from[i];
    } else {
      for (int64_t i = 0; i < count; ++i) to[i] += from[i];
    }
  }
}

inline void add_l2(const sn_network& net, const sn_training& task, int64_t at, int64_t count,
                   float l2, double& squares, double& penalty) {
  float* g = net.gradient + at;
  const float* w = task.parameters + at;
  if (l2 > 0) {
    float sum = 0;
    for (int64_t i = 0; i < count; ++i) {
      sum += w[i] * w[i];
      g[i] += 2.0f * l2 * w[i];
    }
    penalty += static_cast<double>(l2 * sum);
  }
  if (task.optimizer.clip_norm > 0) {
    float sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += g[i] * g[i];
    squares += static_cast<double>(sum);
  }
}

// Sums a chunk's gradient over the batch, adds L2, and returns through the net's arrays what the
// norm and the loss need of it.
inline void sum_chunk(sn_network& net, const sn_training& task, int64_t index, int64_t slabs) {
  const Chunk& chunk = net.chunks[index];
  const Operation& op = net.plan.operations[chunk.operation];
  const int64_t units = op.units;
  const int64_t count = (chunk.last - chunk.first) * units;
  const int64_t at = chunk.operation * net.slabs;
  const int64_t rows = op.matrix ? chunk.part_rows : chunk.last - chunk.first;
  const int64_t parts = rows ? (chunk.last - chunk.first + rows - 1) / rows : 1;
  double* squares = net.part_squares + chunk.part;
  double* l2 = net.part_l2 + chunk.part;
  for (int64_t p = 0; p < parts; ++p) squares[p] = l2[p] = 0;
  if (!op.trainable) return;
  for (int32_t s = 0; s < (op.kernel < 0 ? 0 : chunk.stretches); ++s) {
    const int64_t first = (s * chunk.rows + chunk.first) * units;
    float* gradient = net.gradient + op.kernel + first;
    if (op.matrix) {
      op.kernels->kernel_gradient(op, net.dense_inputs + at, net.dense_gradients + at,
                                  static_cast<int>(slabs), chunk.first, chunk.last, gradient);
    } else {
      sum_slabs(net, slabs, op.slab_gradient + first, count, gradient);
    }
    for (int64_t p = 0; p < parts; ++p) {
      const int64_t done = p * rows * units, size = rows * units;
      add_l2(net, task, op.kernel + first + done, size < count - done ? size : count - done,
             op.kernel_l2, squares[p], l2[p]);
    }
  }
  if (chunk.with_bias && op.bias >= 0) {
    float* bias = net.gradient + op.bias;
    if (op.matrix) {
      op.kernels->bias_gradient(op, net.dense_gradients + at, static_cast<int>(slabs), bias);
    } else {
      sum_slabs(net, slabs, op.slab_gradient + int64_t{op.fan_in} * units, units, bias);
    }
    add_l2(net, task, op.bias, units, op.bias_l2, squares[parts - 1], l2[parts - 1]);
  }
}

inline void update_stretch(const sn_network& net, const sn_training& task, const Update& update,
                           int64_t at, int64_t count) {
  float* first = task.slots ? task.slots + at : nullptr;
  float* second = task.slots ? first + net.plan.parameter_count : nullptr;
  update_parameters(update, task.parameters + at, net.gradient + at, first, second, count);
}

inline void update_chunk(const sn_network& net, const sn_training& task, const Update& update,
                         int64_t index) {
  const Chunk& chunk = net.chunks[index];
  const Operation& op = net.plan.operations[chunk.operation];
  if (!op.trainable) return;
  const int64_t units = op.units;
  for (int32_t s = 0; s < (op.kernel < 0 ? 0 : chunk.stretches); ++s) {
    update_stretch(net, task, update, op.kernel + (s * chunk.rows + chunk.first) * units,
                   (chunk.last - chunk.first) * units);
  }
  if (chunk.with_bias && op.bias >= 0) update_stretch(net, task, update, op.bias, units);
  pack_chunk(net, chunk, task.parameters, true);
}

}  // namespace sn
