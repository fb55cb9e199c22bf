// Places the tensors and weights of a plan in memory; gradients: way_back.cpp.
#include "stream.h"

// Runs once for a network: small rather than fast.
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)

namespace sn {

void Builder::mark_gradients() {
  if (!trains()) return;
  bool learns[kMaxTensors] = {};
  for (int32_t i = 0; i < plan_.operation_count; ++i) {
    Operation& op = plan_.operations[i];
    for (int32_t k = 0; k < op.edge_count; ++k) {
      Edge& edge = plan_.edges[op.first_edge + k];
      edge.gradient = learns[edge.tensor];
      op.input_gradient = op.input_gradient || edge.gradient;
    }
    learns[op.output] = op.trainable || op.input_gradient;
  }
}

namespace {

constexpr int64_t kSlabMemory =
    8 << 20;  // floats of all threads' slabs, in a network that predicts

int64_t allocate(int64_t& used, int64_t count) {
  const int64_t at = used;
  used += (count + 15) / 16 * 16;  // whole cache lines also where a unit is one float
  return at;
}

}  // namespace

// The rows and columns of zeros an operation wants around its input.
struct Border {
  int32_t top = 0, bottom = 0, left = 0, right = 0;

  void widen(const Operation& reader) {
    const Shape in = reader.in, out = reader.out;
    const Window& w = reader.window;
    const int32_t used_rows = (out.height - 1) * w.stride_height + w.height - w.pad_top;
    const int32_t used_columns = (out.width - 1) * w.stride_width + w.width - w.pad_left;
    top = top > w.pad_top ? top : w.pad_top;
    left = left > w.pad_left ? left : w.pad_left;
    bottom = used_rows - in.height > bottom ? used_rows - in.height : bottom;
    right = used_columns - in.width > right ? used_columns - in.width : right;
  }
};

// Sets all but the place where its memory begins, which it takes for 0.
void Builder::measure_tensor(Tensor& t, const Border& border) const {
  const int64_t row = int64_t{t.shape.width + border.left + border.right} * t.shape.channels;
  t.padded_size = row * (t.shape.height + border.top + border.bottom);
  t.padded_at = 0;
  t.values = {border.top * row + int64_t{border.left} * t.shape.channels, row};
}

// Each tensor in the first gap between those that are still read when it is written.
void Builder::place_by_liveness() {
  int32_t last_reader[kMaxTensors] = {};
  for (int32_t i = 0; i < plan_.operation_count; ++i) {
    const Operation& op = plan_.operations[i];
    for (int32_t k = 0; k < op.edge_count; ++k)
      last_reader[plan_.edges[op.first_edge + k].tensor] = i;
  }
  last_reader[plan_.output] = plan_.operation_count;
  int32_t live[kMaxTensors];  // in the order of their places
  int32_t count = 0;
  for (int32_t i = 0; i < plan_.tensor_count; ++i) {  // in the order in which they are written
    Tensor& t = plan_.tensors[i];
    int32_t kept = 0;
    for (int32_t k = 0; k < count; ++k) {
      if (last_reader[live[k]] >= t.producer) live[kept++] = live[k];
    }
    count = kept;
    const int64_t size = (t.padded_size + 15) / 16 * 16;
    int64_t at = 0;
    int32_t before = 0;
    for (; before < count; ++before) {
      const Tensor& other = plan_.tensors[live[before]];
      if (other.padded_at - at >= size) break;
      at = other.padded_at + (other.padded_size + 15) / 16 * 16;
    }
    for (int32_t k = count++; k > before; --k) live[k] = live[k - 1];
    live[before] = i;
    t.padded_at += at;
    t.values.at += at;
    t.gradient = t.values;
    t.clears_border = t.padded_size > t.shape.size();
    plan_.thread_units = at + size > plan_.thread_units ? at + size : plan_.thread_units;
  }
}

// Operations that follow row by row; tensors that only pass, from a normalisation to the operation behind
// it; and gradients that only return, to the operation before it.
void Builder::mark_streams() {
  if (!trains() || !plan_.barrier_count) return;
  for (int32_t i = 1; i < plan_.operation_count; ++i) {
    Operation& op = plan_.operations[i];
    const Operation& before = plan_.operations[i - 1];
    const Edge& edge = plan_.edges[op.first_edge];
    Tensor& between = plan_.tensors[before.output];
    op.follows = op.by_rows && before.by_rows && op.edge_count == 1 &&
                 edge.tensor == before.output && between.readers == 1 &&
                 edge.shape.height == between.shape.height &&
                 edge.shape.width == between.shape.width;
    between.passing = op.follows && before.whole_batch && !op.whole_batch;
    between.returning = op.follows && op.whole_batch && !before.whole_batch && before.bias < 0;
  }
}

// Gives the tensors that pass one place for all, for when nothing passes, as in prediction; and windows to
// what passes and returns.
void Builder::place_passing() {
  const int64_t at = plan_.thread_units;
  for (int32_t i = 0; i < plan_.operation_count; ++i) {
    const Operation& op = plan_.operations[i];
    Tensor& t = plan_.tensors[op.input];
    if (!t.passing) continue;
    t.padded_at = at;
    t.values.at += at;
    t.clears_border = t.padded_size > t.shape.size();
    if (at + t.padded_size > plan_.thread_units)
      plan_.thread_units = (at + t.padded_size + 15) / 16 * 16;
    const int64_t rows = passing_rows(op) * t.values.row;
    plan_.passing_units = rows > plan_.passing_units ? rows : plan_.passing_units;
  }
  int64_t most = 0;
  for (int32_t i = 1; i < plan_.operation_count; ++i) {
    const Operation& op = plan_.operations[i];
    if (!plan_.tensors[op.input].returning) continue;
    const int64_t row = int64_t{op.in.width} * op.in.channels;
    const int64_t units = returning_rows(op, plan_.operations[i - 1]) * row;
    most = units > most ? units : most;
  }
  plan_.returning_at = plan_.passing_units;
  plan_.passing_units += most;
}

void Builder::place_tensors() {
  if (kStreams) mark_streams();
  Border borders[kMaxTensors];
  for (int32_t i = 0; i < plan_.operation_count; ++i) {
    const Operation& op = plan_.operations[i];
    if (op.wants_border) borders[op.input].widen(op);
    if (op.matrix && trains()) plan_.tensors[op.input].batch_wide = true;
  }
  for (int32_t i = 0; i < plan_.tensor_count; ++i) {
    Tensor& t = plan_.tensors[i];
    measure_tensor(t, borders[i]);
    if (plan_.reuses_memory || (kStreams && t.passing)) continue;
    t.padded_at = allocate(t.batch_wide ? plan_.batch_units : plan_.thread_units, t.padded_size);
    t.values.at += t.padded_at;
    t.gradient = t.values;
  }
  if (kLargeImages && plan_.reuses_memory) place_by_liveness();
  if (kStreams) place_passing();
  if (trains()) place_gradients();
  plan_.group = slabs_together();
  for (int32_t i = 0; i < plan_.operation_count; ++i) place_weights(plan_.operations[i]);
  plan_.scratch_units = place_kept(most_scratch());
  if (!kLargeImages || !plan_.reuses_memory) return;
  const int64_t slabs = (plan_.thread_units + plan_.scratch_units) * kLanes * plan_.threads;
  plan_.one_by_one = slabs > kSlabMemory;
  if (plan_.one_by_one) plan_.scratch_units = plan_.packed_count = 0;  // one image needs neither
}

// Several slabs share the way of a large matrix through the cache, where their values fit beside it.
int32_t Builder::slabs_together() const {
  constexpr int64_t kLargeMatrix = 128 * 1024;                       // floats
  constexpr int64_t kCache = (1 << 21) / (kMostGroup * kLanes * 4);  // vectors of each slab
  if (!trains() || plan_.barrier_count) return 1;
  if (plan_.thread_units + plan_.batch_units > kCache) return 1;
  bool large = false;
  for (int32_t i = 0; i < plan_.operation_count; ++i) {
    const Operation& op = plan_.operations[i];
    large = large || (op.matrix && op.packed_count >= kLargeMatrix);
  }
  const int32_t slabs = (plan_.batch_size + kLanes - 1) / kLanes / plan_.threads;
  if (!large || slabs < 2) return 1;
  return slabs < kMostGroup ? slabs : kMostGroup;
}

void Builder::place_weights(Operation& op) {
  if (op.kernel < 0 && op.bias < 0) return;
  op.packed_forward = plan_.packed_count;
  plan_.packed_count += op.packed_count;
  op.packed_backward = plan_.packed_count;
  op.kernel_in_place = op.matrix && plan_.group > 1;
  if (op.input_gradient && !op.kernel_in_place) plan_.packed_count += op.packed_count;
  if (!op.trainable || !trains()) return;
  if (op.matrix) {
    op.output_gradients = plan_.output_gradient_count;
    plan_.output_gradient_count += int64_t{op.padded_units} * kLanes;
  } else {
    op.slab_gradient = plan_.slab_gradient_count;
    plan_.slab_gradient_count += (int64_t{op.fan_in} + 1) * op.units;
  }
}

// Behind the scratch of all: one after the other what the operations of a stage keep from rows to rows, the
// normalisations at its ends first.
int64_t Builder::place_kept(int64_t scratch) {
  int64_t most = 0, ends = 0, used = 0;
  for (int32_t i = 0; i < plan_.operation_count && !kStreams; ++i) {
    Operation& op = plan_.operations[i];
    op.kept_at = scratch;
    if (op.kept > most) most = op.kept;
  }
  if (!kStreams) return scratch + most;
  for (int32_t i = 0; i < plan_.operation_count; ++i) {
    const Operation& op = plan_.operations[i];
    if (op.whole_batch && op.kept > ends) ends = op.kept;
  }
  for (int32_t i = 0; i < plan_.operation_count; ++i) {
    Operation& op = plan_.operations[i];
    if (op.whole_batch || !plan_.barrier_count) used = 0;
    op.kept_at = scratch + (op.whole_batch ? 0 : ends + used);
    if (!op.whole_batch) used += op.kept;
    if (used > most) most = used;
  }
  return scratch + ends + most;
}

int64_t Builder::most_scratch() const {
  int64_t most = plan_.outputs;  // the loss's gradient; a flattened image is longer than its rows
  for (int32_t i = 0; i < plan_.tensor_count; ++i) {
    const Shape s = plan_.tensors[i].shape;
    const int64_t row = int64_t{s.width} * s.channels;
    if (row > most) most = row;
  }
  for (int32_t i = 0; i < plan_.operation_count; ++i) {
    if (plan_.operations[i].scratch > most) most = plan_.operations[i].scratch;
  }
  return most;
}

bool Builder::check_memory() {
  const int64_t spare = int64_t{plan_.threads} * plan_.group;
  const int64_t blocks = plan_.batch_size / kLanes + 1 + spare;
  const int64_t thread_units = plan_.thread_units + plan_.scratch_units;
  const int64_t own = plan_.barrier_count ? blocks : spare;
  if (thread_units > kMaxUnits / own / kLanes || plan_.batch_units > kMaxUnits / blocks / kLanes ||
      plan_.slab_gradient_count > kMaxUnits / blocks || plan_.parameter_count > (1 << 30)) {
    Line(error_) << "the network needs more memory than a terabyte or 2^30 parameters";
    return false;
  }
  return true;
}

}  // namespace sn

#pragma clang attribute pop
