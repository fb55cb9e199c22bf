// Steps: slabs forward and back on all threads, then chunks of the parameters updated on all threads.
//
// The work of a thread never depends on which thread it is: each slab has its own sums, each parameter is
// summed over the slabs in order by whoever takes its chunk. So any number of threads gives the same
// bits, and a slab may be done twice: when its thread doesn't come back in time, because the system has
// given the core to another program, another thread does it again, and the first to end counts.
#include "train.h"

#include "chunks.h"
#include "outputs.h"
#include "phases.h"
#include "pick.h"

namespace sn {
namespace {

// The step that slabs are done for.
struct Step {
  int32_t number = 0;
  int32_t stage = 0;              // of the plan, where operations wait for the whole batch
  int64_t slabs = 0, groups = 0;  // of slabs, which are done together
  Batch batch{};
  Order order;
};

// The kinds of phases.
enum Stage : uint32_t { kPack, kSlabs, kSums, kUpdates };
// And what their time is spent on; slabs say so themselves, but for what is left.
constexpr int64_t kTimes[] = {SN_TIME_PACK, SN_TIME_BETWEEN, SN_TIME_OPTIMIZER, SN_TIME_OPTIMIZER};

// A slab is late when it takes half as long again as the fastest. Slabs that take longer than a program
// usually has a core for are not done again: by then their thread is back.
constexpr int64_t kLongestAgain = 1000000;
constexpr int64_t late_after(int64_t fastest) { return fastest + fastest / 2; }

// Everything the team shares while it trains.
struct Training {
  sn_network& net;
  sn_training& task;
  float* gradient_only;  // not null: one gradient is wanted, and no update

  Phases phases;
  Step step;
  Optimization optimizer;
  LossTask loss;
  int64_t fastest = kLongestAgain;  // nanoseconds that a group took
  sn_status status = SN_OK;
  bool cut = false;  // a slab was left out, since the host wants to stop

  Training(sn_network& n, sn_pool* pool, sn_training& t, float* gradient)
      : net(n),
        task(t),
        gradient_only(gradient),
        phases(pool),
        step{0, 0, 0, 0, {}, order_of(t, 0)},
        optimizer(t.optimizer, nullptr) {
    if (!gradient_only) optimizer.read();        // checked before
    read_loss(t.loss, net.plan, loss, nullptr);  // likewise
    task.decisions = decisions_of(loss, task.examples);
    for (int64_t g = 0; g < net.slabs; ++g)
      net.group_states[g].done = net.group_states[g].again = 0;
    phases.begin(kPack, net.chunk_count);
  }

  void begin_step() {
    step.batch = batch_of(task, step.number);
    if (!task.indices) step.order = order_of(task, step.number);
    step.stage = 0;
    step.slabs = (step.batch.count + kLanes - 1) / kLanes;
    step.groups = (step.slabs + net.plan.group - 1) / net.plan.group;
    optimizer.begin(task.learning_rates ? task.learning_rates[step.number] : 0.0f,
                    task.first_step + step.number, task.slots, net.plan.parameter_count);
    phases.begin(kSlabs, step.groups);
  }

  Picked pick(const Step& now, int64_t slab) const {
    return Picker{net.plan, task, now.batch, now.order, now.number}(slab);
  }

  bool stop_wanted() const { return stop_raised(task.stop); }

  // Does a group of slabs in this thread's spare blocks; true if it is the first to end it. One that
  // comes too late reads parameters that are being changed, so nothing it has made is ever looked at.
  bool work_on_group(int32_t thread, Item item) {
    const Step now = step;
    if (!phases.is_current(item)) return false;  // others have done it, and `now` may be torn
    if (stop_wanted()) {
      if (!claim_end(item)) return false;
      __atomic_store_n(&cut, true, __ATOMIC_RELAXED);
      return true;
    }
    const int32_t group = net.plan.group, place = thread * group;
    const int64_t first = item.index * group, left = now.slabs - first;
    const int count = static_cast<int>(left < group ? left : group);
    Slab<Lanes> slabs[kMostGroup];
    Picked picked[kMostGroup];
    Pass passes[kMostGroup];
    LossSum sums[kMostGroup];
    for (int s = 0; s < count; ++s) {
      slabs[s] = slab_of(net, place + s, net.spare_blocks[place + s]);
      picked[s] = pick(now, first + s);
      passes[s] = pass_of(thread, now, first + s, picked[s].count);
    }
    forward(net, slabs, passes, count, task.examples.images, picked);
    if (!phases.is_current(item)) return false;
    for (int s = 0; s < count; ++s) {
      sums[s] = take_loss(slabs[s], picked[s], now, (first + s) * kLanes);
    }
    lap(passes[0].times, SN_TIME_LOSS);
    backward(net, slabs, passes, count);
    if (!claim_end(item)) return false;
    for (int s = 0; s < count; ++s) keep_block(place + s, first + s, sums[s]);
    return true;
  }

  Pass pass_of(int32_t thread, const Step& now, int64_t slab, int images) const {
    return {task.parameters,
            net.packed,
            !task.no_dropout,
            loss.skips_final,
            true,
            task.seed,
            static_cast<uint64_t>(task.first_step + now.number),
            slab * kLanes,
            images,
            net.statistics,
            times_of(net, thread)};
  }

  // One stage of a slab, where the plan has barriers. Its results so far are in its own block, so it is
  // never done twice.
  bool work_on_stage(int32_t thread, Item item) {
    if (!claim_end(item)) return false;
    if (stop_wanted()) {
      __atomic_store_n(&cut, true, __ATOMIC_RELAXED);
      return true;
    }
    const int32_t stage = step.stage, barriers = net.plan.barrier_count;
    // To and fro: the slabs that ended the last stage are still in the cache.
    const int64_t index = kStreams && stage % 2 ? step.slabs - 1 - item.index : item.index;
    SlabState& state = net.slab_states[index];
    const Slab<Lanes> slab = slab_of(net, thread, state.block);
    const Picked picked = pick(step, index);
    const Pass pass = pass_of(thread, step, index, picked.count);
    if (stage <= barriers) forward_stage(net, slab, pass, stage, task.examples.images, picked);
    if (stage < barriers) return true;
    if (stage == barriers) {
      state.loss = take_loss(slab, picked, step, index * kLanes);
      keep_dense(state.block, index);
      lap(pass.times, SN_TIME_LOSS);
    }
    backward_stage(net, slab, pass, stage);
    return true;
  }

  // The loss of a slab's outputs, whose place its gradient takes. `first`: the slab's first image in the
  // batch.
  LossSum take_loss(const Slab<Lanes>& slab, const Picked& picked, const Step& now,
                    int64_t first) const {
    LossTask mean = loss;
    mean.share = 1.0f / static_cast<float>(now.batch.count);
    const Tensor& last = result_of(net.plan, loss.skips_final);
    const Lanes* y = slab.values(last).at;
    if (task.outputs) {
      const int64_t row = int64_t{now.number} * task.batch_size + first;
      hand_out(net.plan, loss.skips_final, y, picked.count, task.outputs + row * net.plan.outputs);
    }
    const LossSum sum = loss_of_slab(mean, task.examples, picked, y, slab.scratch);
    backward_row(slab.gradient(last).at, y, slab.scratch, net.plan.outputs, last.activation,
                 last.alpha);
    return sum;
  }

  // True for one thread only, and only while the slab's phase lasts.
  bool claim_end(Item item) {
    uint32_t& done = net.group_states[item.index].done;
    uint32_t seen = __atomic_load_n(&done, __ATOMIC_RELAXED);
    while (static_cast<int32_t>(item.phase - seen) > 0) {
      if (__atomic_compare_exchange_n(&done, &seen, item.phase, false, __ATOMIC_ACQ_REL,
                                      __ATOMIC_RELAXED)) {
        return true;
      }
    }
    return false;
  }

  // The block a slab was done in becomes the slab's; the one it had is the next in that place.
  void keep_block(int32_t place, int64_t slab, const LossSum& sum) {
    SlabState& state = net.slab_states[slab];
    const int64_t block = net.spare_blocks[place];
    net.spare_blocks[place] = state.block;
    state.block = block;
    state.loss = sum;
    keep_dense(block, slab);
  }

  void keep_dense(int64_t block, int64_t slab) {
    const Plan& plan = net.plan;
    for (int32_t i = 0; i < plan.operation_count; ++i) {
      const Operation& op = plan.operations[i];
      if (!op.matrix) continue;
      net.dense_inputs[i * net.slabs + slab] =
          net.shared + block * plan.batch_units + plan.tensors[op.input].values.at;
      net.dense_gradients[i * net.slabs + slab] =
          net.output_gradients + block * plan.output_gradient_count + op.output_gradients;
    }
  }

  bool time_group(int32_t thread, Item item) {
    if (net.plan.barrier_count) return work_on_stage(thread, item);
    const int64_t began = nanoseconds();
    __atomic_store_n(&net.group_states[item.index].began, began, __ATOMIC_RELAXED);
    const bool counts = work_on_group(thread, item);
    const int64_t took = nanoseconds() - began;
    if (counts && took < __atomic_load_n(&fastest, __ATOMIC_RELAXED)) {
      __atomic_store_n(&fastest, took, __ATOMIC_RELAXED);
    }
    return counts;
  }

  // With nothing to claim: waits for the phase's end, and does a late group again. Once only: a second
  // thread that doesn't come back either is waited for. Never where outputs are handed out: the first
  // thread would write them still, when they are no longer these.
  void stand_by(int32_t thread, Item item) {
    while (!task.outputs && item.kind() == kSlabs && phases.waits(item) &&
           __atomic_load_n(&fastest, __ATOMIC_RELAXED) < kLongestAgain) {
      bool some = false;
      item.index = late_group(item.phase, some);
      if (item.index >= 0) {
        if (work_on_group(thread, item)) finish(item);
        return;
      }
      if (!some) break;
      for (int i = 0; i < 32; ++i) breathe();
    }
    phases.wait(item);
  }

  // A late group that this thread may do again, or -1; `some`: one may become late.
  int64_t late_group(uint32_t phase, bool& some) {
    const int64_t now = nanoseconds();
    const int64_t late = late_after(__atomic_load_n(&fastest, __ATOMIC_RELAXED));
    for (int64_t g = 0; g < net.slabs; ++g) {
      GroupState& state = net.group_states[g];
      if (g >= __atomic_load_n(&step.groups, __ATOMIC_RELAXED)) break;
      if (__atomic_load_n(&state.done, __ATOMIC_RELAXED) == phase) continue;
      if (__atomic_load_n(&state.again, __ATOMIC_RELAXED) == phase) continue;
      some = true;
      if (now - __atomic_load_n(&state.began, __ATOMIC_RELAXED) < late) continue;
      if (__atomic_exchange_n(&state.again, phase, __ATOMIC_RELAXED) != phase) return g;
    }
    return -1;
  }

  // Alone, after all slabs: the step's loss; a loss that is not finite ends training before the update,
  // and so does a step of which a slab is missing.
  void end_slabs() {
    if (cut) return end(SN_STOPPED);
    if (step.stage < 2 * net.plan.barrier_count) {
      join_stage(net, step.stage, task.parameters, step.slabs, step.batch.count);
      ++step.stage;
      return phases.begin(kSlabs, step.groups);
    }
    LossSum sum;
    for (int64_t s = 0; s < step.slabs; ++s) {
      sum.loss += net.slab_states[s].loss.loss;
      sum.correct += net.slab_states[s].loss.correct;
    }
    const float mean = static_cast<float>(sum.loss / static_cast<double>(step.batch.count));
    task.losses[step.number] = mean;
    task.correct[step.number] = static_cast<int32_t>(sum.correct);
    if (!__builtin_isfinite(mean)) return end(SN_DIVERGED);
    for (int32_t i = 0; !gradient_only && i < net.plan.barrier_count; ++i) {
      const Operation& op = net.plan.operations[net.plan.barriers[i]];
      op.kernels->commit(op, net.statistics, task.parameters);
    }
    if (net.plan.penalty_arrays) task.losses[step.number] += add_orthogonal(net, task.parameters);
    phases.begin(kSums, net.chunk_count);
  }

  // Alone, after all sums and before any update: what clipping leaves of the gradient.
  void end_sums() {
    double squares = 0;
    for (int64_t i = 0; i < net.part_count; ++i) squares += net.part_squares[i];
    if (optimizer.clips_whole_gradient()) optimizer.clip(squares);
    phases.begin(kUpdates, by_weights() ? net.plan.weight_count : net.chunk_count);
  }

  // Alone, after all updates.
  void end_step() {
    double l2 = 0;
    for (int64_t i = 0; i < net.part_count; ++i) l2 += net.part_l2[i];
    task.losses[step.number] += static_cast<float>(l2);
    optimizer.finish(task.slots, net.plan.parameter_count);
    ++step.number;
    if (step.number >= task.steps || gradient_only) return end(SN_OK);
    if (stop_wanted()) return end(SN_STOPPED);
    begin_step();
  }

  void end(sn_status how) {
    status = how;
    phases.end();
  }

  // Steps on whole weights, in place of chunks as soon as they are summed.
  bool by_weights() const {
    return optimizer.needs_weights() || task.excluded || net.plan.constrained;
  }
  bool updates_apart() const {
    return !gradient_only && (optimizer.clips_whole_gradient() || by_weights());
  }

  void sum_and_update(int32_t thread, int64_t index) {
    const Chunk& chunk = net.chunks[index];
    const bool at_once = !updates_apart() && !gradient_only;
    const ChunkGradient gradient =
        at_once ? gradient_of(net, chunk, thread) : gradient_of(net, chunk);
    sum_chunk(net, task, optimizer, index, step.slabs, gradient);
    if (at_once) update_chunk(net, task, optimizer, index, gradient);
  }

  void update(int64_t index) {
    if (by_weights()) return update_weight(net, task, optimizer, index);
    update_chunk(net, task, optimizer, index, gradient_of(net, net.chunks[index]));
  }

  // True when the item is done, and by this thread.
  bool work_on(int32_t thread, Item item) {
    switch (item.kind()) {
      case kPack:  // the host may have changed the parameters since the last call
        pack_chunk(net, net.chunks[item.index], task.parameters, true);
        return true;
      case kSlabs:
        return time_group(thread, item);
      case kSums:
        sum_and_update(thread, item.index);
        return true;
      case kUpdates:
        update(item.index);
        return true;
    }
    return false;
  }

  void finish(Item item) {
    if (!phases.finish()) return;
    switch (item.kind()) {
      case kPack:
        return begin_step();
      case kSlabs:
        return end_slabs();
      case kSums:
        return updates_apart() ? end_sums() : end_step();
      case kUpdates:
        return end_step();
    }
  }

  void work(int32_t thread) {
    int64_t* times = times_of(net, thread);
    start_laps(times);
    for (Item item; (item = phases.claim()).index != Phases::kOver;) {
      const bool waits = item.index < 0;
      if (waits) stand_by(thread, item);
      const bool done = !waits && work_on(thread, item);
      lap(times, waits ? int64_t{SN_TIME_WAIT} : kTimes[item.kind()]);
      if (done) finish(item);
      lap(times, SN_TIME_BETWEEN);
    }
  }
};

// A batch of one slab leaves the others nothing but chunks. A few of those are done before they wake.
constexpr int64_t kFewChunks = 16;

bool wants_team(const sn_network& net, const sn_training& task) {
  return task.batch_size > kLanes || net.chunk_count > kFewChunks;
}

void train_on(void* context, int32_t thread) { static_cast<Training*>(context)->work(thread); }

}  // namespace

sn_status train(sn_network& net, sn_pool* pool, sn_training& task, float* gradient) {
  Training training(net, pool, task, gradient);
  if (wants_team(net, task)) {
    run_together(pool, train_on, &training);
  } else {
    training.work(0);
  }
  task.steps_done = training.step.number;
  if (gradient && training.status == SN_OK) {
    for (int64_t i = 0; i < net.plan.parameter_count; ++i) gradient[i] = net.gradient[i];
  }
  return training.status;
}

}  // namespace sn
