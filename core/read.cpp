// Evaluation and prediction: slabs forward on all threads.
#include "outputs.h"
#include "phases.h"
#include "train.h"

namespace sn {
namespace {

// The kinds of phases.
enum Stage : uint32_t { kPack, kSlabs };

struct Reading {
  sn_network& net;
  const float* parameters;
  const uint8_t* images;
  sn_evaluation* evaluation;  // or null: predict
  float* outputs;             // or null: evaluate
  int64_t count;
  const LossTask* loss;  // for evaluation
  LossSum* losses;       // of each slab
  Phases phases;

  int64_t slabs() const { return (count + kLanes - 1) / kLanes; }

  // `packed`: a call before this one has packed the same parameters.
  void begin(bool packed) {
    if (packed || net.chunk_count == 0) {
      phases.begin(kSlabs, slabs());
    } else {
      phases.begin(kPack, net.chunk_count);
    }
  }

  void work(int32_t thread) {
    for (Item item; (item = phases.claim()).index != Phases::kOver;) {
      if (item.index < 0) {
        phases.wait(item);
        continue;
      }
      if (item.kind() == kPack) {
        pack_chunk(net, net.chunks[item.index], parameters, false);
      } else {
        read(thread, item.index);
      }
      if (!phases.finish()) continue;
      item.kind() == kPack ? phases.begin(kSlabs, slabs()) : phases.end();
    }
  }

  void read(int32_t thread, int64_t index) {
    const Plan& plan = net.plan;
    Picked picked{};
    const int64_t first = index * kLanes;
    picked.count = static_cast<int>(count - first < kLanes ? count - first : kLanes);
    for (int i = 0; i < picked.count; ++i) {
      const int64_t place = first + i;
      picked.index[i] = !evaluation           ? place
                        : evaluation->indices ? evaluation->indices[place]
                                              : evaluation->first + place;
    }
    const int32_t place = thread * plan.group;
    const Slab<Lanes> slab = slab_of(net, place, net.spare_blocks[place]);
    const bool logits = loss && loss->skips_final;
    const Pass pass = {parameters, net.packed,   false,   logits,  false, 0, 0,
                       0,          picked.count, nullptr, nullptr, 0,     1, net.folded};
    forward(net, &slab, &pass, 1, images, &picked);
    const Tensor& last = result_of(plan, logits);
    const Lanes* y = slab.values(last).at;
    if (outputs) {
      for (int i = 0; i < picked.count; ++i) {
        float* to = outputs + (first + i) * plan.outputs;
        for (int c = 0; c < plan.outputs; ++c) to[c] = y[c][i];
      }
    } else {
      losses[index] = loss_of_slab(*loss, evaluation->examples, picked, y, nullptr);
      if (evaluation->outputs) {
        hand_out(plan, logits, y, picked.count, evaluation->outputs + first * plan.outputs);
      }
    }
  }
};

void read_on(void* context, int32_t thread) { static_cast<Reading*>(context)->work(thread); }

// Operations with fewer products than this are done sooner than another thread has heard of them, and
// networks with fewer before it has woken.
constexpr int64_t kSharedProducts = 1 << 19, kSharedNetwork = 1 << 23;

int64_t products_of(const Operation& op) {
  return op.kernels->single_parts ? int64_t{op.fan_in} * op.out.size() : 0;
}

bool is_shared(const Plan& plan) {
  int64_t products = 0;
  for (int32_t i = 0; i < plan.operation_count; ++i) products += products_of(plan.operations[i]);
  return products >= kSharedNetwork;
}

// One image, operation by operation; threads share the large ones.
struct Viewing {
  sn_network& net;
  const float* parameters;
  int32_t threads;
  Phases phases;
  int32_t operation, parts;

  Viewing(sn_network& n, sn_pool* pool, const float* p, const uint8_t* image)
      : net(n),
        parameters(p),
        threads(sn_pool_threads(pool)),
        phases(pool),
        operation(begin_single(n, image)),
        parts(1) {
    advance();
  }

  // Alone: up to the next operation that threads share.
  void advance() {
    for (; operation < net.plan.operation_count; ++operation) {
      const Operation& op = net.plan.operations[operation];
      parts = products_of(op) < kSharedProducts ? 1 : op.kernels->single_parts(op);
      if (parts > 2 * threads) parts = 2 * threads;  // so that one who comes late finds some
      if (parts > 1) return phases.begin(0, parts);
      single_operation(net, parameters, operation, 0, 1);
    }
    phases.end();
  }

  void work() {
    for (Item item; (item = phases.claim()).index != Phases::kOver;) {
      if (item.index < 0) {
        phases.wait(item);
        continue;
      }
      single_operation(net, parameters, operation, static_cast<int32_t>(item.index), parts);
      if (!phases.finish()) continue;
      ++operation;
      advance();
    }
  }
};

void view_on(void* context, int32_t) { static_cast<Viewing*>(context)->work(); }

void view(sn_network& net, sn_pool* pool, const float* parameters, const uint8_t* image) {
  if (!kLargeImages || sn_pool_threads(pool) < 2 || !is_shared(net.plan))
    return forward_single(net, parameters, image);
  Viewing viewing(net, pool, parameters, image);
  run_together(pool, view_on, &viewing);
}

}  // namespace

void predict(sn_network& net, sn_pool* pool, const float* parameters, const uint8_t* images,
             int64_t count, float* outputs) {
  constexpr int64_t kWave = Phases::kMostItems;  // images, and so fewer slabs
  const Plan& plan = net.plan;
  fold_normalizations(net, parameters);
  if (count <= kFewImages || plan.one_by_one) {
    const Tensor& last = plan.tensors[plan.output];
    for (int64_t i = 0; i < count; ++i) {
      view(net, pool, parameters, images + i * plan.image.shape.size());
      const float* y = net.single + (last.batch_wide ? plan.thread_units : 0) + last.values.at;
      for (int c = 0; c < plan.outputs; ++c) outputs[i * plan.outputs + c] = y[c];
    }
    return;
  }
  const int64_t image = plan.image.shape.size();
  for (int64_t first = 0; first < count; first += kWave) {
    const int64_t left = count - first;
    Reading reading{net,
                    parameters,
                    images + first * image,
                    nullptr,
                    outputs + first * plan.outputs,
                    left < kWave ? left : kWave,
                    nullptr,
                    nullptr,
                    Phases(pool)};
    reading.begin(first > 0);
    run_together(pool, read_on, &reading);
  }
}

namespace {

// The same as a slab's, of images that go through the network singly.
LossSum evaluate_singly(sn_network& net, sn_pool* pool, const sn_evaluation& task,
                        const LossTask& loss, int64_t first) {
  const Plan& plan = net.plan;
  const Tensor& last = result_of(plan, loss.skips_final);
  const int64_t left = task.count - first;
  Picked picked{};
  picked.count = static_cast<int>(left < kLanes ? left : kLanes);
  for (int i = 0; i < picked.count; ++i) {
    const int64_t place = first + i;
    picked.index[i] = task.indices ? task.indices[place] : task.first + place;
    view(net, pool, task.parameters,
         task.examples.images + picked.index[i] * plan.image.shape.size());
    for (int c = 0; c < plan.outputs; ++c) net.own[c][i] = net.single[last.values.at + c];
  }
  if (task.outputs) {
    float* rows = task.outputs + first * plan.outputs;
    hand_out(plan, loss.skips_final, net.own, picked.count, rows);
  }
  return loss_of_slab(loss, task.examples, picked, net.own, nullptr);
}

}  // namespace

sn_status evaluate(sn_network& net, sn_pool* pool, sn_evaluation& task) {
  // In waves, so that the losses of the slabs in flight fit the memory there is.
  constexpr int64_t kWave = kEvaluationWave;
  LossSum losses[kWave];
  LossSum sum;
  LossTask loss;
  read_loss(task.loss, net.plan, loss, nullptr);  // checked before
  loss.share = 1;
  task.decisions = decisions_of(loss, task.examples);
  task.l2 = l2_of(net, task.parameters);
  fold_normalizations(net, task.parameters);
  const bool singly = kLargeImages && net.plan.one_by_one;
  for (int64_t first = 0; singly && first < task.count; first += kLanes) {
    if (stop_raised(task.stop)) return SN_STOPPED;
    const LossSum slab = evaluate_singly(net, pool, task, loss, first);
    sum.loss += slab.loss;
    sum.correct += slab.correct;
  }
  for (int64_t first = 0; !singly && first < task.count; first += kWave * kLanes) {
    if (stop_raised(task.stop)) return SN_STOPPED;
    const int64_t left = task.count - first;
    sn_evaluation wave = task;
    wave.first = task.first + first;
    wave.indices = task.indices ? task.indices + first : nullptr;
    wave.outputs = task.outputs ? task.outputs + first * net.plan.outputs : nullptr;
    Reading reading{net,   task.parameters, task.examples.images,
                    &wave, nullptr,         left < kWave * kLanes ? left : kWave * kLanes,
                    &loss, losses,          Phases(pool)};
    reading.begin(first > 0);
    run_together(pool, read_on, &reading);
    for (int64_t s = 0; s < reading.slabs(); ++s) {
      sum.loss += losses[s].loss;
      sum.correct += losses[s].correct;
    }
  }
  task.loss_sum = sum.loss;
  task.correct = sum.correct;
  return SN_OK;
}

namespace {

double penalty_of(const float* w, int64_t count, float l2, float l1) {
  double squares = 0, sum = 0;
  for (int64_t i = 0; i < count && l2 > 0; ++i) {
    squares += static_cast<double>(w[i]) * static_cast<double>(w[i]);
  }
  for (int64_t i = 0; i < count && l1 > 0; ++i) sum += static_cast<double>(__builtin_fabsf(w[i]));
  return static_cast<double>(l2) * squares + static_cast<double>(l1) * sum;
}

}  // namespace

double l2_of(const sn_network& net, const float* parameters) {
  double sum = 0;
  for (int32_t i = 0; i < net.plan.operation_count; ++i) {
    const Operation& op = net.plan.operations[i];
    if (!op.trainable) continue;
    const Fold* fold = op.fold >= 0 ? &net.plan.folds[op.fold] : nullptr;
    const int64_t kernel = fold ? fold->kernel : op.kernel, bias = fold ? fold->bias : op.bias;
    const int64_t units = op.units;
    if (kernel >= 0) {
      sum += penalty_of(parameters + kernel, op.fan_in * units, op.kernel_l2, op.kernel_l1);
    }
    if (bias >= 0) sum += penalty_of(parameters + bias, units, op.bias_l2, op.bias_l1);
  }
  if (net.plan.penalty_arrays) sum += static_cast<double>(add_orthogonal(net, parameters));
  return sum;
}

}  // namespace sn
