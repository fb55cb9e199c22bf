// The C interface: every argument is checked here, and only here.
#include "spritenet.h"

#include "augment.h"
#include "kernels/pack.h"
#include "text.h"
#include "train.h"

using namespace sn;

namespace {

// Lays the arrays of a network one after the other; with `memory` null it only counts.
struct Layout {
  char* memory;
  int64_t used = 0;

  template <class T>
  T* allocate(int64_t count) {
    T* at = memory ? reinterpret_cast<T*>(memory + used) : nullptr;
    used += (count * static_cast<int64_t>(sizeof(T)) + 127) / 128 * 128;
    return at;
  }
};

// A chunk of a matrix is a multiple of a tile's rows, so that whole tiles of the turned kernel are packed
// at once (kernels/pack.h), and at least so many: all output gradients pass by for each chunk.
constexpr int64_t kMatrixRows = 2 * kDenseTile;

int64_t count_chunks(const Plan& plan, Chunk* chunks, int64_t& parts) {
  int64_t count = 0;
  parts = 0;
  for (int32_t i = 0; i < plan.operation_count; ++i) {
    const Operation& op = plan.operations[i];
    if (op.kernel < 0 && op.bias < 0) continue;
    if (op.kernel < 0) {
      if (chunks) chunks[count] = {i, true, 0, 0, 1, 0, 0, parts};
      ++count;
      ++parts;
      continue;
    }
    const int32_t stretches = op.stretches;
    const int64_t stretch = op.fan_in / stretches;
    int64_t rows = kChunkParameters / stretches / op.units / 4 * 4;
    if (rows < 4) rows = 4;
    const int64_t part_rows = rows;
    while (op.matrix && (rows < kMatrixRows || rows % kDenseTile != 0)) rows += part_rows;
    for (int64_t first = 0; first < stretch; first += rows) {
      const int64_t last = first + rows < stretch ? first + rows : stretch;
      if (chunks) {
        chunks[count] = {i, last == stretch, first, last, stretches, stretch, part_rows, parts};
      }
      ++count;
      parts += (last - first + part_rows - 1) / part_rows;
    }
  }
  return count;
}

// The parameters of the largest chunk, bias included, in whole cache lines.
int64_t most_of_chunks(const Plan& plan, const Chunk* chunks, int64_t count) {
  int64_t most = 0;
  for (const Chunk* c = chunks; c < chunks + count; ++c) {
    const int64_t rows = (c->last - c->first) * c->stretches + 1;
    const int64_t floats = rows * plan.operations[c->operation].units;
    most = floats > most ? floats : most;
  }
  return (most + 15) / 16 * 16;
}

void lay_out(sn_network& net, Layout& layout) {
  const Plan& plan = net.plan;
  const bool trains = plan.batch_size > 0;
  net.slabs = trains ? (plan.batch_size + kLanes - 1) / kLanes : 0;
  net.chunk_count = count_chunks(plan, nullptr, net.part_count);
  net.packed = layout.allocate<float>(plan.packed_count);
  net.folded = layout.allocate<float>(plan.folded_count);
  net.gradient = layout.allocate<float>(trains ? plan.parameter_count : 0);
  // One block for each slab's results, and some for each thread to make the next in.
  // Stages do a slab where its results are; only evaluation needs blocks of threads there.
  const int64_t spare = plan.threads * plan.group;
  const int64_t most = net.slabs > spare ? net.slabs : spare;
  const int64_t blocks = plan.barrier_count ? most : net.slabs + spare;
  net.slab_gradients = layout.allocate<float>(blocks * plan.slab_gradient_count);
  net.output_gradients = layout.allocate<float>(blocks * plan.output_gradient_count);
  net.sums = layout.allocate<float>(blocks * plan.slab_sum_count);
  net.statistics = layout.allocate<float>(plan.statistic_count);
  net.shared = layout.allocate<Lanes>(blocks * plan.batch_units);
  const int64_t own = plan.barrier_count ? blocks : spare;
  net.own = layout.allocate<Lanes>(plan.one_by_one ? plan.outputs : own * plan.thread_units);
  net.working = layout.allocate<Lanes>(spare * (plan.scratch_units + plan.passing_units));
  net.single = layout.allocate<float>(plan.thread_units + plan.batch_units);
  net.part_squares = layout.allocate<double>(net.part_count);
  net.part_l2 = layout.allocate<double>(net.part_count);
  net.penalties = layout.allocate<float>(plan.penalty_arrays * plan.parameter_count);
  net.augmented_bytes = augmentation_bytes(plan);
  net.augmented = layout.allocate<uint8_t>((trains ? spare : 1) * net.augmented_bytes);
  net.slab_states = layout.allocate<SlabState>(net.slabs);
  net.group_states = layout.allocate<GroupState>(net.slabs);
  net.spare_blocks = layout.allocate<int64_t>(spare);
  net.chunks = layout.allocate<Chunk>(net.chunk_count);
  net.dense_inputs = layout.allocate<const Lanes*>(plan.operation_count * net.slabs);
  net.dense_gradients = layout.allocate<const float*>(plan.operation_count * net.slabs);
}

bool refuse(char* error, const char* why) {
  Line(error) << why;
  return false;
}

bool check_given(const void* address, const char* what, char* error) {
  if (!address) Line(error) << "there is no " << what;
  return address != nullptr;
}

bool check_examples(const sn_network& net, const sn_examples& e, bool learns, char* error) {
  if (!e.images || e.count < 1) return refuse(error, "there are no images");
  if (learns && !e.labels && !e.targets) return refuse(error, "there are no labels or targets");
  if (e.labels && !e.targets) {
    for (int64_t i = 0; i < e.count; ++i) {
      if (e.labels[i] < 0 || e.labels[i] >= net.plan.outputs) {
        Line(error) << "label " << e.labels[i] << " of image " << i << " is not one of "
                    << net.plan.outputs << " classes";
        return false;
      }
    }
  }
  return true;
}

bool check_indices(const int64_t* indices, int64_t count, int64_t images, char* error) {
  for (int64_t i = 0; indices && i < count; ++i) {
    if (indices[i] < 0 || indices[i] >= images) {
      Line(error) << "index " << indices[i] << " is outside " << images << " images";
      return false;
    }
  }
  return true;
}

bool check_loss(const sn_network& net, const sn_loss& loss, char* error) {
  LossTask task;
  return read_loss(loss, net.plan, task, error);
}

bool check_team(const sn_network* net, const sn_pool* pool, char* error) {
  if (!net || !pool) return refuse(error, "network or pool is null");
  if (sn_pool_threads(pool) > net->plan.threads)
    return refuse(error, "the pool has more threads than the network was made for");
  return true;
}

bool check_training(const sn_network& net, const sn_training& t, bool updates, char* error) {
  if (!t.parameters) return refuse(error, "there are no parameters");
  if (net.plan.batch_size < 1) return refuse(error, "the network was not made for training");
  if (t.batch_size < 1 || t.batch_size > net.plan.batch_size)
    return refuse(error, "the batch is larger than the network was made for");
  if (t.steps < 1 || t.first_step < 0) return refuse(error, "steps must be positive");
  if (!t.losses || !t.correct) return refuse(error, "there is no place for the results");
  if (net.plan.parameter_count < 1) return refuse(error, "the network has nothing to learn");
  if (updates && !t.learning_rates) return refuse(error, "there are no learning rates");
  if (updates) {
    Optimization optimizer(t.optimizer, error);
    if (!optimizer.read()) return false;
    if (optimizer.slot_count() > 0 && !t.slots) return refuse(error, "the optimizer needs slots");
    if (optimizer.scratch() > 0 && !t.scratch) return refuse(error, "the optimizer needs scratch");
  }
  return check_loss(net, t.loss, error) && check_examples(net, t.examples, true, error) &&
         check_indices(t.indices, int64_t{t.steps} * t.batch_size, t.examples.count, error);
}

}  // namespace

extern "C" {

int32_t sn_interface_version(void) { return SN_INTERFACE_VERSION; }

const char* sn_instruction_set(void) {
#if defined(__AVX512F__)
  return "x86-64-v4";
#elif defined(__AVX2__)
  return "x86-64-v3";
#elif defined(__x86_64__)
  return "x86-64-v2";
#elif defined(__aarch64__)
  return "aarch64";
#elif defined(__wasm__)
  return "wasm";
#else
  return "generic";
#endif
}

int32_t sn_lanes(void) { return kLanes; }

int64_t sn_network_bytes(const sn_network_spec* spec, char* error) {
  static_assert(alignof(sn_network) <= 128);
  if (!check_given(spec, "specification", error)) return -1;
  Layout layout{nullptr};
  layout.allocate<sn_network>(1);
  sn_network net{};
  if (!make_plan(*spec, net.plan, error)) return -1;
  lay_out(net, layout);
  return layout.used;
}

sn_network* sn_network_init(void* memory, int64_t bytes, const sn_network_spec* spec, char* error) {
  if (!memory || reinterpret_cast<uintptr_t>(memory) % 64 != 0) {
    refuse(error, "memory must be aligned to 64 bytes");
    return nullptr;
  }
  const int64_t needed = sn_network_bytes(spec, error);
  if (needed < 0) return nullptr;
  if (bytes < needed) {
    Line(error) << "the network needs " << needed << " bytes, got " << bytes;
    return nullptr;
  }
  __builtin_memset(memory, 0, static_cast<__SIZE_TYPE__>(needed));
  Layout layout{static_cast<char*>(memory)};
  sn_network* net = layout.allocate<sn_network>(1);
  make_plan(*spec, net->plan, error);
  lay_out(*net, layout);
  count_chunks(net->plan, net->chunks, net->part_count);
  net->chunk_floats = most_of_chunks(net->plan, net->chunks, net->chunk_count);
  for (int64_t s = 0; s < net->slabs; ++s) net->slab_states[s].block = s;
  const int32_t spare = net->plan.threads * net->plan.group;
  for (int32_t k = 0; k < spare; ++k) {
    net->spare_blocks[k] = net->plan.barrier_count ? k : net->slabs + k;
  }
  return net;
}

int64_t sn_parameter_count(const sn_network* network) {
  return network ? network->plan.parameter_count : 0;
}

void sn_output_shape(const sn_network* network, int32_t node, int32_t shape[3]) {
  const bool known = network && node >= 0 && node < network->plan.node_count;
  const Shape found = known ? network->plan.values[node].shape : Shape{0, 0, 0};
  shape[0] = found.height;
  shape[1] = found.width;
  shape[2] = found.channels;
}

int32_t sn_weight_count(const sn_network* network) {
  return network ? network->plan.weight_count : 0;
}

void sn_network_weight(const sn_network* network, int32_t index, sn_weight* weight) {
  const bool known = network && index >= 0 && index < network->plan.weight_count;
  if (weight) *weight = known ? network->plan.weights[index] : sn_weight{};
}

const sn_activation_info* sn_activation_at(int32_t index) {
  return index >= 0 && index < kActivationCount ? &kActivations[index] : nullptr;
}

int32_t sn_operator_count(void) { return operator_count(); }

const sn_operator_info* sn_operator_at(int32_t index) {
  const Operator* found = operator_at(index);
  return found ? &found->info : nullptr;
}

int32_t sn_infer(const sn_node* node, const sn_shape* inputs, sn_shape* output, sn_weight* weights,
                 int32_t most, char* error) {
  if (!check_given(node, "node", error) || !check_given(inputs, "shapes", error) ||
      !check_given(output, "place for the shape", error)) {
    return -1;
  }
  sn_network net{};  // for its plan, as everywhere
  Plan& plan = net.plan;
  if (!infer(*node, inputs, plan, error)) return -1;
  const Value& made = plan.values[plan.node_count - 1];
  const int32_t sides[3] = {made.shape.height, made.shape.width, made.shape.channels};
  *output = {made.rank, {}};
  for (int32_t i = 0; i < made.rank; ++i) output->sides[i] = sides[3 - made.rank + i];
  for (int32_t i = 0; weights && i < most && i < plan.weight_count; ++i) {
    weights[i] = plan.weights[i];
  }
  return plan.weight_count;
}

int32_t sn_optimizer_count(void) { return optimizer_count(); }

const sn_optimizer_info* sn_optimizer_at(int32_t index) {
  const Optimizer* found = optimizer_at(index);
  return found ? &found->info : nullptr;
}

int32_t sn_slot_count(const sn_optimizer* optimizer, char* error) {
  if (!check_given(optimizer, "optimizer", error)) return -1;
  Optimization found(*optimizer, error);
  return found.read() ? found.slot_count() : -1;
}

int32_t sn_loss_count(void) { return loss_count(); }

const sn_loss_info* sn_loss_at(int32_t index) {
  const Loss* found = loss_at(index);
  return found ? &found->info : nullptr;
}

sn_status sn_train(sn_network* network, sn_pool* pool, sn_training* training, char* error) {
  if (!check_team(network, pool, error) || !check_given(training, "task", error) ||
      !check_training(*network, *training, true, error)) {
    return SN_INVALID;
  }
  training->steps_done = 0;
  return train(*network, pool, *training, nullptr);
}

sn_status sn_gradient(sn_network* network, sn_pool* pool, const sn_training* training,
                      float* gradient, char* error) {
  if (!check_team(network, pool, error) || !check_given(training, "task", error) ||
      !check_given(gradient, "place for the gradient", error) ||
      !check_training(*network, *training, false, error)) {
    return SN_INVALID;
  }
  sn_training task = *training;
  task.steps = 1;
  return train(*network, pool, task, gradient);
}

sn_status sn_evaluate(sn_network* network, sn_pool* pool, sn_evaluation* evaluation, char* error) {
  if (!check_team(network, pool, error) || !check_given(evaluation, "task", error) ||
      !check_given(evaluation->parameters, "array of parameters", error)) {
    return SN_INVALID;
  }
  sn_evaluation& e = *evaluation;
  if (!check_loss(*network, e.loss, error) || !check_examples(*network, e.examples, true, error) ||
      !check_indices(e.indices, e.count, e.examples.count, error)) {
    return SN_INVALID;
  }
  if (e.count < 1 || e.first < 0 ||
      (!e.indices && (e.first > e.examples.count || e.count > e.examples.count - e.first))) {
    refuse(error, "the images to evaluate are outside the data");
    return SN_INVALID;
  }
  return evaluate(*network, pool, e);
}

sn_status sn_predict(sn_network* network, sn_pool* pool, const float* parameters,
                     const uint8_t* images, int64_t count, float* outputs, char* error) {
  if (!check_team(network, pool, error)) return SN_INVALID;
  if (!parameters || !images || !outputs || count < 1) {
    refuse(error, "parameters, images or outputs are missing");
    return SN_INVALID;
  }
  predict(*network, pool, parameters, images, count, outputs);
  return SN_OK;
}

sn_status sn_activations(sn_network* network, const float* parameters, const uint8_t* image,
                         float* outputs, char* error) {
  if (!network || !parameters || !image || !outputs) {
    refuse(error, "network, parameters, image or outputs are missing");
    return SN_INVALID;
  }
  const Plan& plan = network->plan;
  if (plan.reuses_memory) {
    refuse(error, "the network reuses the memory of its nodes' outputs");
    return SN_INVALID;
  }
  fold_normalizations(*network, parameters);
  forward_single(*network, parameters, image);
  float* to = outputs;
  for (int32_t i = 0; i < plan.node_count; ++i) {
    const Tensor& tensor = plan.tensors[plan.values[i].tensor];
    if (plan.values[i].tensor == 0 && plan.starts_with_rescaling) {  // seen as pixels only
      to = put_pixels(plan, image, to);
      continue;
    }
    const float* from =
        network->single + (tensor.batch_wide ? plan.thread_units : 0) + tensor.values.at;
    const int64_t row = int64_t{tensor.shape.width} * tensor.shape.channels;
    for (int r = 0; r < tensor.shape.height; ++r) {
      for (int64_t k = 0; k < row; ++k) to[k] = from[r * tensor.values.row + k];
      activate_row(to, row, plan.values[i].activation, 0.0f);
      to += row;
    }
  }
  return SN_OK;
}

sn_status sn_order(uint64_t seed, uint64_t epoch, int64_t size, int64_t first, int64_t count,
                   int64_t* out, char* error) {
  if (size < 1 || size > (int64_t{1} << 62) || first < 0 || count < 0 || first > size ||
      count > size - first || !out) {
    refuse(error, "the places asked for are outside the epoch");
    return SN_INVALID;
  }
  const Order order(seed, epoch, static_cast<uint64_t>(size));
  for (int64_t i = 0; i < count; ++i) {
    out[i] = static_cast<int64_t>(order(static_cast<uint64_t>(first + i)));
  }
  return SN_OK;
}

}  // extern "C"
