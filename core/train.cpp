// Steps: slabs forward and back on all threads, then pieces of the parameters updated on all threads.
//
// What a thread does never depends on which thread it is: each slab has its own sums, each parameter is
// summed over the slabs in order by whoever takes its piece. So any number of threads gives the same
// bits.
#include "train.h"

#include "batch.h"
#include "layers/dense.h"

namespace sn {
namespace {

LossTask loss_task(const Plan& plan, const sn_training& t, int64_t images) {
  const bool logits = t.loss == SN_CATEGORICAL_CROSSENTROPY;
  return {t.loss, plan.outputs, t.label_smoothing, 1.0f / static_cast<float>(images), logits};
}

// Everything the team shares while it trains.
struct Training {
  sn_network& net;
  sn_pool* pool;
  sn_training& task;
  float* gradient_only;  // not null: one gradient is wanted, and no update

  int32_t step = 0;
  Batch batch{};
  Order order;
  int64_t slab_count = 0;
  int64_t next_slab = 0;
  int64_t next_piece = 0;
  Update update{};
  sn_status status = SN_OK;
  bool done = false;
  bool cut = false;  // a slab was left out, since the host wants to stop

  Training(sn_network& n, sn_pool* p, sn_training& t, float* gradient)
      : net(n), pool(p), task(t), gradient_only(gradient), order(order_of(t, 0)) {}

  void begin_step() {
    batch = batch_of(task, step);
    if (!task.indices) order = order_of(task, step);
    slab_count = (batch.count + kLanes - 1) / kLanes;
    next_slab = 0;
    next_piece = 0;
    const int64_t time = task.first_step + step + 1;
    update = {&task.optimizer, task.learning_rates ? task.learning_rates[step] : 0.0f,
              power(static_cast<double>(task.optimizer.beta_1), time),
              power(static_cast<double>(task.optimizer.beta_2), time), 1.0f};
    const Plan& plan = net.plan;
    for (int32_t i = 0; i < plan.operation_count; ++i) {
      const Operation& op = plan.operations[i];
      if (op.kind != Kind::dense) continue;
      for (int64_t s = 0; s < slab_count; ++s) {
        net.dense_inputs[i * net.slabs + s] =
            net.shared + s * plan.batch_units + plan.tensors[op.input].values.at;
        net.dense_gradients[i * net.slabs + s] =
            net.output_gradients + s * plan.output_gradient_count + op.output_gradients;
      }
    }
  }

  Picked pick(int64_t slab) const {
    Picked picked{};
    const int64_t first = slab * kLanes;
    picked.count = static_cast<int>(batch.count - first < kLanes ? batch.count - first : kLanes);
    for (int i = 0; i < picked.count; ++i) {
      const int64_t place = batch.first + first + i;
      picked.index[i] = task.indices ? task.indices[place]
                                     : static_cast<int64_t>(order(static_cast<uint64_t>(place)));
    }
    return picked;
  }

  bool stop_wanted() const { return task.stop && *task.stop; }

  void work_on_slab(int32_t thread, int64_t index) {
    if (stop_wanted()) {
      __atomic_store_n(&cut, true, __ATOMIC_RELAXED);
      return;
    }
    const Plan& plan = net.plan;
    const Slab<Lanes> slab = slab_of(net, thread, index);
    const LossTask loss = loss_task(plan, task, batch.count);
    const ForwardTask forward_task = {task.parameters, !task.no_dropout, loss.from_logits, true,
                                      task.seed, static_cast<uint64_t>(task.first_step + step),
                                      index * kLanes};
    const Picked picked = pick(index);
    forward(net, slab, forward_task, task.examples.images, picked);
    const Tensor& last = loss.from_logits ? logits_of(plan) : plan.tensors[plan.operation_count];
    const Lanes* y = slab.values(last).at;
    net.slab_losses[index] = loss_of_slab(loss, task.examples, picked, y, slab.scratch);
    carry_row(slab.gradient(last).at, y, slab.scratch, plan.outputs, last.activation, last.alpha);
    backward(net, slab, forward_task);
  }

  // Sums a piece's gradient over the batch, adds L2, and returns through the net's arrays what the
  // norm and the loss need of it.
  void sum_piece(int64_t index) {
    const Piece& piece = net.pieces[index];
    const Operation& op = net.plan.operations[piece.operation];
    const int64_t units = op.out.channels;
    const int64_t count = (piece.last - piece.first) * units;
    const int64_t at = piece.operation * net.slabs;
    double squares = 0, l2 = 0;
    for (int32_t s = 0; s < piece.stretches; ++s) {
      const int64_t first = (s * piece.rows + piece.first) * units;
      float* gradient = net.gradient + op.kernel + first;
      if (op.kind == Kind::dense) {
        dense_kernel_gradient(op, net.dense_inputs + at, net.dense_gradients + at,
                              static_cast<int>(slab_count), piece.first, piece.last, gradient);
      } else {
        sum_slabs(op.slab_gradient + first, count, gradient);
      }
      add_l2(op.kernel + first, count, op.kernel_l2, squares, l2);
    }
    if (piece.with_bias && op.bias >= 0) {
      float* bias = net.gradient + op.bias;
      if (op.kind == Kind::dense) {
        dense_bias_gradient(op, net.dense_gradients + at, static_cast<int>(slab_count), bias);
      } else {
        sum_slabs(op.slab_gradient + int64_t{op.fan_in} * units, units, bias);
      }
      add_l2(op.bias, units, op.bias_l2, squares, l2);
    }
    net.piece_squares[index] = squares;
    net.piece_l2[index] = l2;
  }

  void sum_slabs(int64_t at, int64_t count, float* to) const {
    const int64_t stride = net.plan.slab_gradient_count;
    const float* from = net.slab_gradients + at;
    for (int64_t i = 0; i < count; ++i) to[i] = from[i];
    for (int64_t s = 1; s < slab_count; ++s) {
      const float* next = from + s * stride;
      for (int64_t i = 0; i < count; ++i) to[i] += next[i];
    }
  }

  void add_l2(int64_t at, int64_t count, float l2, double& squares, double& penalty) const {
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

  void update_piece(int64_t index) {
    const Piece& piece = net.pieces[index];
    const Operation& op = net.plan.operations[piece.operation];
    const int64_t units = op.out.channels;
    for (int32_t s = 0; s < piece.stretches; ++s) {
      update_stretch(op.kernel + (s * piece.rows + piece.first) * units,
                     (piece.last - piece.first) * units);
    }
    if (piece.with_bias && op.bias >= 0) update_stretch(op.bias, units);
    pack_piece(net, piece, task.parameters, true);
  }

  void update_stretch(int64_t at, int64_t count) {
    float* first = task.slots ? task.slots + at : nullptr;
    float* second = task.slots ? first + net.plan.parameter_count : nullptr;
    update_parameters(update, task.parameters + at, net.gradient + at, first, second, count);
  }

  // Alone, after all slabs: the step's loss; a loss that is not finite ends training before the update,
  // and so does a step of which a slab is missing.
  void end_slabs() {
    if (cut) {
      status = SN_STOPPED;
      done = true;
      return;
    }
    LossSum sum;
    for (int64_t s = 0; s < slab_count; ++s) {
      sum.loss += net.slab_losses[s].loss;
      sum.correct += net.slab_losses[s].correct;
    }
    task.losses[step] = static_cast<float>(sum.loss / static_cast<double>(batch.count));
    task.correct[step] = static_cast<int32_t>(sum.correct);
    if (!__builtin_isfinite(task.losses[step])) {
      status = SN_DIVERGED;
      done = true;
    }
  }

  // Alone, after all sums and before any update: what clipping leaves of the gradient.
  void end_sums() {
    double squares = 0;
    for (int64_t i = 0; i < net.piece_count; ++i) squares += net.piece_squares[i];
    const double norm = __builtin_sqrt(squares);
    const double most = static_cast<double>(task.optimizer.clip_norm);
    update.gradient_scale = norm > most ? static_cast<float>(most / norm) : 1.0f;
    next_piece = 0;
  }

  // Alone, after all updates.
  void end_step() {
    double l2 = 0;
    for (int64_t i = 0; i < net.piece_count; ++i) l2 += net.piece_l2[i];
    task.losses[step] += static_cast<float>(l2);
    ++step;
    if (step >= task.steps || gradient_only) {
      done = true;
    } else if (stop_wanted()) {
      status = SN_STOPPED;
      done = true;
    } else {
      begin_step();
    }
  }

  void work(int32_t thread) {
    pack(thread);
    while (!done) {
      for (int64_t s; (s = take_next(&next_slab)) < slab_count;) work_on_slab(thread, s);
      meet(pool, [](void* self) { static_cast<Training*>(self)->end_slabs(); }, this);
      if (done) return;
      const bool clips = task.optimizer.clip_norm > 0 && !gradient_only;
      for (int64_t p; (p = take_next(&next_piece)) < net.piece_count;) {
        sum_piece(p);
        if (!clips && !gradient_only) update_piece(p);
      }
      if (clips) {
        meet(pool, [](void* self) { static_cast<Training*>(self)->end_sums(); }, this);
        for (int64_t p; (p = take_next(&next_piece)) < net.piece_count;) update_piece(p);
      }
      meet(pool, [](void* self) { static_cast<Training*>(self)->end_step(); }, this);
    }
  }

  // The host may have changed the parameters since the last call.
  void pack(int32_t) {
    for (int64_t p; (p = take_next(&next_piece)) < net.piece_count;) {
      pack_piece(net, net.pieces[p], task.parameters, true);
    }
    meet(pool, [](void* self) { static_cast<Training*>(self)->begin_step(); }, this);
  }
};

void train_on(void* context, int32_t thread) { static_cast<Training*>(context)->work(thread); }

// Slabs forward only, for evaluation and prediction.
struct Reading {
  sn_network& net;
  sn_pool* pool;
  const float* parameters;
  const uint8_t* images;
  sn_evaluation* evaluation;  // or null: predict
  float* outputs;             // or null: evaluate
  int64_t count;
  int64_t next_slab = 0;
  int64_t next_piece = 0;
  int64_t slab_count = 0;
  LossSum* losses = nullptr;  // of one wave of slabs

  static void nothing(void*) {}

  void work(int32_t thread) {
    for (int64_t p; (p = take_next(&next_piece)) < net.piece_count;) {
      pack_piece(net, net.pieces[p], parameters, false);
    }
    meet(pool, nothing, nullptr);
    for (int64_t s; (s = take_next(&next_slab)) < slab_count;) read(thread, s);
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
    const Slab<Lanes> slab = slab_of(net, thread, thread);
    const bool logits = evaluation && evaluation->loss == SN_CATEGORICAL_CROSSENTROPY;
    forward(net, slab, {parameters, false, logits, false, 0, 0, 0}, images, picked);
    const Tensor& last = logits ? logits_of(plan) : plan.tensors[plan.operation_count];
    const Lanes* y = slab.values(last).at;
    if (outputs) {
      for (int i = 0; i < picked.count; ++i) {
        float* to = outputs + (first + i) * plan.outputs;
        for (int c = 0; c < plan.outputs; ++c) to[c] = y[c][i];
      }
    } else {
      const LossTask loss = {evaluation->loss, plan.outputs, evaluation->label_smoothing, 1.0f,
                             logits};
      losses[index] = loss_of_slab(loss, evaluation->examples, picked, y, nullptr);
    }
  }
};

void read_on(void* context, int32_t thread) { static_cast<Reading*>(context)->work(thread); }

}  // namespace

sn_status train(sn_network& net, sn_pool* pool, sn_training& task, float* gradient) {
  Training training(net, pool, task, gradient);
  run_together(pool, train_on, &training);
  task.steps_done = training.step;
  if (gradient && training.status == SN_OK) {
    for (int64_t i = 0; i < net.plan.parameter_count; ++i) gradient[i] = net.gradient[i];
  }
  return training.status;
}

void predict(sn_network& net, sn_pool* pool, const float* parameters, const uint8_t* images,
             int64_t count, float* outputs) {
  const Plan& plan = net.plan;
  if (count <= kFewImages) {
    const Tensor& last = plan.tensors[plan.operation_count];
    for (int64_t i = 0; i < count; ++i) {
      forward_single(net, parameters, images + i * plan.tensors[0].shape.size());
      const float* y = net.single + (last.batch_wide ? plan.thread_units : 0) + last.values.at;
      for (int c = 0; c < plan.outputs; ++c) outputs[i * plan.outputs + c] = y[c];
    }
    return;
  }
  Reading reading{net, pool, parameters, images, nullptr, outputs, count};
  reading.slab_count = (count + kLanes - 1) / kLanes;
  run_together(pool, read_on, &reading);
}

sn_status evaluate(sn_network& net, sn_pool* pool, sn_evaluation& task) {
  // In waves, so that the losses of the slabs in flight fit the memory there is.
  constexpr int64_t kWave = kEvaluationWave;
  LossSum losses[kWave];
  LossSum sum;
  task.l2 = l2_of(net, task.parameters);
  for (int64_t first = 0; first < task.count; first += kWave * kLanes) {
    if (task.stop && *task.stop) return SN_STOPPED;
    const int64_t left = task.count - first;
    sn_evaluation wave = task;
    wave.first = task.first + first;
    wave.indices = task.indices ? task.indices + first : nullptr;
    Reading reading{net, pool, task.parameters, task.examples.images, &wave, nullptr,
                    left < kWave * kLanes ? left : kWave * kLanes};
    reading.slab_count = (reading.count + kLanes - 1) / kLanes;
    reading.losses = losses;
    if (first > 0) reading.next_piece = net.piece_count;  // packed by the first wave
    run_together(pool, read_on, &reading);
    for (int64_t s = 0; s < reading.slab_count; ++s) {
      sum.loss += losses[s].loss;
      sum.correct += losses[s].correct;
    }
  }
  task.loss_sum = sum.loss;
  task.correct = sum.correct;
  return SN_OK;
}

double l2_of(const sn_network& net, const float* parameters) {
  double sum = 0;
  for (int32_t i = 0; i < net.plan.operation_count; ++i) {
    const Operation& op = net.plan.operations[i];
    if (op.kernel < 0) continue;
    const int64_t units = op.out.channels;
    double squares = 0;
    if (op.kernel_l2 > 0) {
      for (int64_t k = 0; k < op.fan_in * units; ++k) {
        const double w = static_cast<double>(parameters[op.kernel + k]);
        squares += w * w;
      }
      sum += static_cast<double>(op.kernel_l2) * squares;
    }
    if (op.bias >= 0 && op.bias_l2 > 0) {
      squares = 0;
      for (int64_t k = 0; k < units; ++k) {
        const double w = static_cast<double>(parameters[op.bias + k]);
        squares += w * w;
      }
      sum += static_cast<double>(op.bias_l2) * squares;
    }
  }
  return sum;
}

}  // namespace sn
