// A network in the host's memory: its plan, and where packed kernels, slabs and sums lie.
#pragma once

#include "losses/loss.h"
#include "ops/operator.h"
#include "optimizers/optimizer.h"
#include "slab.h"
#include "threads.h"

namespace sn {

// Part of one operation's kernel, updated by one thread in one go: rows first … last-1 of each of
// `stretches` stretches of `rows` rows. The kernel is one stretch, but one for each tap with Winograd
// filtering, which packs all taps of an input channel together.
struct Chunk {
  int32_t operation;
  bool with_bias;  // the operation's last chunk takes its bias too
  int64_t first, last;
  int32_t stretches;
  int64_t rows;
  // The norm and the penalty are summed over parts of so many rows, the first of which is `part`.
  int64_t part_rows, part;
};

inline constexpr int64_t kChunkParameters = 4096;

// A slab of the batch in training: where its results are.
struct SlabState {
  int64_t block;  // of batch-wide memory: the slab's dense inputs and gradients
  LossSum loss;
};

// The progress of a group of slabs. The numbers of phases are those of phases.h.
struct GroupState {
  int64_t began;   // nanoseconds
  uint32_t done;   // the last phase in which it was done
  uint32_t again;  // the last phase in which a second thread began it, too
};

}  // namespace sn

struct sn_network {
  sn::Plan plan;
  int64_t slabs;  // of the largest batch
  int64_t chunk_count, part_count;
  int64_t chunk_floats;  // at least the parameters of any chunk
  float* packed;
  float* folded;    // weights of operations that do a batch normalisation, too
  float* gradient;  // as long as the parameters
  float* slab_gradients;
  float* output_gradients;
  float* sums;           // what slabs leave before barriers
  float* statistics;     // of the batch
  sn::Lanes* shared;     // one block a slab, and `group` a thread
  sn::Lanes* own;        // `group` blocks a thread; with barriers, one a slab and a thread
  sn::Lanes* working;    // scratch and rows that pass, `group` times a thread
  float* single;         // the tensors of one image
  double* part_squares;  // of each part's gradient
  double* part_l2;
  float* penalties;    // what orthogonal.cpp works in: the gradients come first
  uint8_t* augmented;  // memory of augment.h: `group` times that of a thread
  int64_t augmented_bytes;
  sn::SlabState* slab_states;
  sn::GroupState* group_states;
  int64_t* spare_blocks;  // of each thread: the `group` blocks in which it does its next slabs
  sn::Chunk* chunks;
  const sn::Lanes** dense_inputs;  // [operation][slab]
  const float** dense_gradients;
  int64_t* times;  // of each thread (profile.h), or null
};

namespace sn {

// `place`: the thread's times the group, and which of the group.
inline Slab<Lanes> slab_of(const sn_network& net, int32_t place, int64_t block) {
  const Plan& p = net.plan;
  Lanes* working = net.working + place * (p.scratch_units + p.passing_units);
  return {net.own + (p.barrier_count ? block : place) * p.thread_units,
          net.shared + block * p.batch_units,
          working,
          net.slab_gradients + block * p.slab_gradient_count,
          net.output_gradients + block * p.output_gradient_count,
          net.sums + block * p.slab_sum_count,
          net.augmented + place * net.augmented_bytes,
          kStreams ? working + p.scratch_units : nullptr};
}

// A thread's times, or null.
inline int64_t* times_of(const sn_network& net, int32_t thread) {
  const int64_t each = SN_STEP_TIMES + int64_t{net.plan.operation_count} * SN_OPERATION_TIMES;
  return kProfiles && net.times ? net.times + thread * each : nullptr;
}

// `count` slabs through all operations; their passes differ in their images alone.
void forward(const sn_network& net, const Slab<Lanes>* slabs, const Pass* passes, int count,
             const uint8_t* images, const Picked* picked);

// After the loss has written the gradient of the last tensor (of the last but one, where the last
// operation is left out).
void backward(const sn_network& net, const Slab<Lanes>* slabs, const Pass* passes, int count);

// The same in stages: with n barriers n + 1 forward, the last of which also begins the way back, and n
// more.
void forward_stage(const sn_network& net, const Slab<Lanes>& slab, const Pass& pass, int32_t stage,
                   const uint8_t* images, const Picked& picked);
void backward_stage(const sn_network& net, const Slab<Lanes>& slab, const Pass& pass,
                    int32_t stage);

// While no thread works on a slab, between a stage and the next.
void join_stage(const sn_network& net, int32_t stage, const float* parameters, int64_t slabs,
                int64_t images);

// One image step by step: its pixels, after which comes the operation that is returned; and one
// operation, or a part of it.
int32_t begin_single(const sn_network& net, const uint8_t* image);
void single_operation(const sn_network& net, const float* parameters, int32_t index, int32_t part,
                      int32_t parts);

// One image through all operations; the outputs are in the last tensor.
void forward_single(const sn_network& net, const float* parameters, const uint8_t* image);

// The tensor that the loss reads: the outputs, or what the last operation would read.
inline const Tensor& result_of(const Plan& plan, bool logits) {
  return plan.tensors[logits ? plan.operations[plan.operation_count - 1].input : plan.output];
}

// Where an operation's weights are: the host's parameters, or the folded ones.
inline const float* weights_of(const sn_network& net, const Operation& op,
                               const float* parameters) {
  return kLargeImages && op.fold >= 0 ? net.folded : parameters;
}

// Writes the folded weights; before anything is predicted with these parameters.
void fold_normalizations(const sn_network& net, const float* parameters);

// Winograd's frequencies and the kernel as it is are packed in the same place: for training the one,
// else the other.
void pack_chunk(const sn_network& net, const Chunk& chunk, const float* parameters, bool training);

}  // namespace sn
