// Chunks of the parameters: their gradients summed over a batch, and a step of the optimizer on them.
#pragma once

#include "constraints.h"
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

// Where a chunk's gradient is: stretch s of the kernel's at kernel + s stretch.
struct ChunkGradient {
  float* kernel;
  int64_t stretch;
  float* bias;
};

// Its place among the parameters' gradients.
inline ChunkGradient gradient_of(const sn_network& net, const Chunk& chunk) {
  const Operation& op = net.plan.operations[chunk.operation];
  return {net.gradient + op.kernel + chunk.first * op.units, chunk.rows * op.units,
          net.gradient + op.bias};
}

// Memory of the thread, which is still in its cache, for a gradient that is used at once.
inline ChunkGradient gradient_of(const sn_network& net, const Chunk& chunk, int32_t thread) {
  if (net.chunk_floats * net.plan.threads > net.plan.parameter_count)
    return gradient_of(net, chunk);
  const int64_t count = (chunk.last - chunk.first) * net.plan.operations[chunk.operation].units;
  float* at = net.gradient + thread * net.chunk_floats;
  return {at, count, at + chunk.stretches * count};
}

// To the gradient g of `count` parameters w.
inline void add_l2(const sn_network& net, const sn_training& task, const Optimization& optimizer,
                   float* g, const float* w, int64_t count, float l2, float l1, double& squares,
                   double& penalty) {
  if (l2 > 0) {
    float sum = 0;
    for (int64_t i = 0; i < count; ++i) {
      sum += w[i] * w[i];
      g[i] += 2.0f * l2 * w[i];
    }
    penalty += static_cast<double>(l2 * sum);
  }
  if (l1 > 0) {
    float sum = 0;
    for (int64_t i = 0; i < count; ++i) {
      sum += __builtin_fabsf(w[i]);
      g[i] += w[i] > 0 ? l1 : w[i] < 0 ? -l1 : 0.0f;
    }
    penalty += static_cast<double>(l1 * sum);
  }
  if (net.plan.penalty_arrays) {
    const float* slopes = net.penalties + (w - task.parameters);
    for (int64_t i = 0; i < count; ++i) g[i] += slopes[i];
  }
  if (task.slots) {
    float* slots = task.slots + (w - task.parameters);
    optimizer.accumulate(g, slots, net.plan.parameter_count, count);
  }
  if (optimizer.clips_whole_gradient()) {
    float sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += g[i] * g[i];
    squares += static_cast<double>(sum);
  }
}

// Sums a chunk's gradient over the batch into `to`, adds L2, and returns through the net's arrays what the
// norm and the loss need of it.
inline void sum_chunk(sn_network& net, const sn_training& task, const Optimization& optimizer,
                      int64_t index, int64_t slabs, const ChunkGradient& to) {
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
    float* gradient = to.kernel + s * to.stretch;
    if (op.matrix) {
      op.kernels->kernel_gradient(op, net.dense_inputs + at, net.dense_gradients + at,
                                  static_cast<int>(slabs), chunk.first, chunk.last, gradient);
    } else {
      sum_slabs(net, slabs, op.slab_gradient + first, count, gradient);
    }
    for (int64_t p = 0; p < parts; ++p) {
      const int64_t done = p * rows * units, size = rows * units;
      add_l2(net, task, optimizer, gradient + done, task.parameters + op.kernel + first + done,
             size < count - done ? size : count - done, op.kernel_l2, op.kernel_l1, squares[p],
             l2[p]);
    }
  }
  if (chunk.with_bias && op.bias >= 0) {
    if (op.matrix) {
      op.kernels->bias_gradient(op, net.dense_gradients + at, static_cast<int>(slabs), to.bias);
    } else {
      sum_slabs(net, slabs, op.slab_gradient + int64_t{op.fan_in} * units, units, to.bias);
    }
    add_l2(net, task, optimizer, to.bias, task.parameters + op.bias, units, op.bias_l2, op.bias_l1,
           squares[parts - 1], l2[parts - 1]);
  }
}

inline Stretch stretch_of(const sn_network& net, const sn_training& task, int64_t at, int64_t count,
                          float* gradient) {
  float* slots = task.slots ? task.slots + at : nullptr;
  return {task.parameters + at, gradient, slots, net.plan.parameter_count, count, 1.0f};
}

inline void update_chunk(const sn_network& net, const sn_training& task,
                         const Optimization& optimizer, int64_t index, const ChunkGradient& from) {
  const Chunk& chunk = net.chunks[index];
  const Operation& op = net.plan.operations[chunk.operation];
  if (!op.trainable) return;
  const int64_t units = op.units;
  for (int32_t s = 0; s < (op.kernel < 0 ? 0 : chunk.stretches); ++s) {
    const int64_t at = op.kernel + (s * chunk.rows + chunk.first) * units;
    const int64_t count = (chunk.last - chunk.first) * units;
    optimizer.update(stretch_of(net, task, at, count, from.kernel + s * from.stretch));
  }
  if (chunk.with_bias && op.bias >= 0)
    optimizer.update(stretch_of(net, task, op.bias, units, from.bias));
  pack_chunk(net, chunk, task.parameters, true);
}

// A whole weight, by one thread: its sums never depend on how many there are.
inline void update_weight(const sn_network& net, const sn_training& task,
                          const Optimization& optimizer, int64_t index) {
  const sn_weight& weight = net.plan.weights[index];
  if (!weight.trainable) return;
  int64_t count = 1;
  for (int32_t i = 0; i < weight.rank; ++i) count *= weight.shape[i];
  Stretch stretch = stretch_of(net, task, weight.offset, count, net.gradient + weight.offset);
  stretch.weight = &weight;
  stretch.scratch = task.scratch ? task.scratch + weight.offset : nullptr;
  optimizer.update(stretch, task.excluded ? task.excluded[index] : 0);
  constrain(net.plan.constraints[index], weight, stretch.w, stretch.g);
  for (int64_t i = 0; i < net.chunk_count; ++i) {
    const Operation& op = net.plan.operations[net.chunks[i].operation];
    if (op.kernel == weight.offset) pack_chunk(net, net.chunks[i], task.parameters, true);
  }
}

}  // namespace sn
