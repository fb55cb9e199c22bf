// Training, evaluation and prediction over many slabs and threads.
#pragma once

#include "network.h"

namespace sn {

// Up to this many images are predicted one by one, with vectors along the channels.
inline constexpr int64_t kFewImages = kLanes / 4;

// Slabs evaluated between two looks at the stop flag.
inline constexpr int64_t kEvaluationWave = 256;

// The host may raise its flag while we work.
inline bool stop_raised(const int32_t* flag) {
  return flag && __atomic_load_n(flag, __ATOMIC_RELAXED) != 0;
}

// `gradient` not null: one step's gradient is written there, and nothing is updated.
sn_status train(sn_network& net, sn_pool* pool, sn_training& task, float* gradient);

sn_status evaluate(sn_network& net, sn_pool* pool, sn_evaluation& task);

void predict(sn_network& net, sn_pool* pool, const float* parameters, const uint8_t* images,
             int64_t count, float* outputs);

// The L2 penalty of all kernels and biases that have one.
double l2_of(const sn_network& net, const float* parameters);

// The sum of OrthogonalRegularizer's, whose gradients are in net.penalties, for a plan that has one.
float add_orthogonal(const sn_network& net, const float* parameters);

}  // namespace sn
