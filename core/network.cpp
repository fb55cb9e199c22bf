// One slab, or one image, through all operations: forward and back.
#include "network.h"

#include "augment.h"
#include "stream.h"

namespace sn {
namespace {

template <class T>
Context<T> context_of(const Plan& plan, const Operation& op, const Slab<T>& slab) {
  return {op, plan.tensors[op.input], plan.tensors[op.output], slab, plan};
}

int32_t operations_done(const Plan& plan, bool keep_logits) {
  return plan.operation_count - (keep_logits ? 1 : 0);
}

template <class T>
void activate_rows(const Tensor& tensor, const Rows<T>& rows) {
  for (int r = 0; r < tensor.shape.height; ++r) {
    activate_row(rows.row(r), int64_t{tensor.shape.width} * tensor.shape.channels,
                 tensor.activation, tensor.alpha);
  }
}

// Zeros around a tensor, where something else has been.
template <class T>
void clear_border(const Tensor& tensor, T* memory) {
  const int64_t row = int64_t{tensor.shape.width} * tensor.shape.channels;
  const int64_t end = tensor.padded_at + tensor.padded_size;
  int64_t at = tensor.padded_at;
  for (int r = 0; r < tensor.shape.height; ++r) {
    const int64_t values = tensor.values.at + r * tensor.values.row;
    for (; at < values; ++at) memory[at] = T{};
    at = values + row;
  }
  for (; at < end; ++at) memory[at] = T{};
}

// Adds the gradients that are not a tensor's only one to its others.
void add_gradients(const Context<Lanes>& ctx) {
  for (int32_t k = 0; k < ctx.op.edge_count; ++k) {
    if (!ctx.edge(k).adds) continue;
    const Tensor& tensor = ctx.in_of(k);
    const Rows<Lanes> from = ctx.dx(k), to = ctx.slab.gradient(tensor);
    const int64_t row = int64_t{tensor.shape.width} * tensor.shape.channels;
    for (int r = 0; r < tensor.shape.height; ++r) {
      for (int64_t i = 0; i < row; ++i) to.row(r)[i] += from.row(r)[i];
    }
  }
}

}  // namespace

namespace {

// What training sees of a slab's images, one after the other.
void augment_images(const Plan& plan, const AugmentMemory& memory, const uint8_t* images,
                    const Picked& picked) {
  const int64_t image = plan.image.shape.size(), made = plan.tensors[0].shape.size();
  for (int i = 0; i < picked.count; ++i) {
    uint8_t* out = memory.made + i * made;
    augment(plan, picked.key[i], images + picked.index[i] * image, memory, out);
    if (picked.part[i] <= 0) continue;
    augment(plan, picked.partner_key[i], images + picked.partner[i] * image, memory,
            memory.partner);
    mix(mixing_of(plan, picked.key[i]), plan.tensors[0].shape, memory.partner, out);
  }
}

void gather_images(const Plan& plan, const Slab<Lanes>& slab, const uint8_t* images,
                   const Picked& picked) {
  const bool rescaled = plan.starts_with_rescaling;
  const Tensor& first = plan.tensors[rescaled ? 1 : 0];
  const Shape shape = plan.tensors[0].shape;
  PixelLayout layout = layout_of(plan);
  int64_t index[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    const int from = i < picked.count ? i : 0;
    index[i] = picked.augmented ? from : picked.index[from];
  }
  if (kAugments && picked.augmented) {
    const AugmentMemory memory(plan, slab.augmented);
    augment_images(plan, memory, images, picked);
    images = memory.made;
    layout = {shape.size(), int64_t{shape.width} * shape.channels, 0};
  }
  gather(index, images, layout, shape, rescaled ? plan.operations[0].scale : 1.0f,
         rescaled ? plan.operations[0].offset : 0.0f, slab.values(first));
  activate_rows(first, slab.values(first));
  if (first.clears_border) clear_border(first, slab.own);
}

int32_t first_operation(const Plan& plan) { return plan.starts_with_rescaling ? 1 : 0; }

void forward_operation(const Plan& plan, const Operation& op, const Slab<Lanes>* slabs,
                       const Pass* passes, int count) {
  const Tensor& out = plan.tensors[op.output];
  for (int s = 0; s < count && out.clears_border; ++s) clear_border(out, slabs[s].own);
  if (count > 1 && op.kernels->forward_group) {
    return op.kernels->forward_group(plan, op, slabs, count, passes[0]);
  }
  if (!kLargeImages || op.fold < 0) {
    for (int s = 0; s < count; ++s) op.kernels->forward(context_of(plan, op, slabs[s]), passes[s]);
    return;
  }
  Pass pass = passes[0];  // a network that only predicts: one slab
  pass.parameters = pass.folded;
  op.kernels->forward(context_of(plan, op, slabs[0]), pass);
}

void forward_range(const Plan& plan, const Slab<Lanes>* slabs, const Pass* passes, int count,
                   int32_t first, int32_t last) {
  for (int32_t i = first; i < last; ++i) {
    forward_operation(plan, plan.operations[i], slabs, passes, count);
    lap(passes[0].times, time_of(i, SN_TIME_FORWARD));
  }
}

void input_gradients(const Context<Lanes>& ctx, const Pass& pass) {
  if (!ctx.op.input_gradient) return;  // nothing before it learns
  ctx.op.kernels->backward(ctx, pass);
  add_gradients(ctx);
}

// From operation last - 1 down to `first`.
void backward_range(const Plan& plan, const Slab<Lanes>* slabs, const Pass* passes, int count,
                    int32_t last, int32_t first) {
  for (int32_t i = last - 1; i >= first; --i) {
    const Operation& op = plan.operations[i];
    const bool together = count > 1 && op.kernels->backward_group && op.input_gradient;
    for (int s = 0; s < count; ++s) {
      const Context<Lanes> ctx = context_of(plan, op, slabs[s]);
      if (op.trainable && op.kernels->weight_gradient) op.kernels->weight_gradient(ctx, passes[s]);
      lap(passes[s].times, time_of(i, SN_TIME_WEIGHTS));
      if (!together) input_gradients(ctx, passes[s]);
      lap(passes[s].times, time_of(i, SN_TIME_INPUTS));
    }
    if (!together) continue;
    op.kernels->backward_group(plan, op, slabs, count, passes[0]);
    for (int s = 0; s < count; ++s) add_gradients(context_of(plan, op, slabs[s]));
    lap(passes[0].times, time_of(i, SN_TIME_INPUTS));
  }
}

}  // namespace

void forward(const sn_network& net, const Slab<Lanes>* slabs, const Pass* passes, int count,
             const uint8_t* images, const Picked* picked) {
  for (int s = 0; s < count; ++s) gather_images(net.plan, slabs[s], images, picked[s]);
  lap(passes[0].times, SN_TIME_DATA);
  forward_range(net.plan, slabs, passes, count, first_operation(net.plan),
                operations_done(net.plan, passes[0].keep_logits));
}

void backward(const sn_network& net, const Slab<Lanes>* slabs, const Pass* passes, int count) {
  backward_range(net.plan, slabs, passes, count, operations_done(net.plan, passes[0].keep_logits),
                 0);
}

void forward_stage(const sn_network& net, const Slab<Lanes>& slab, const Pass& pass, int32_t stage,
                   const uint8_t* images, const Picked& picked) {
  const Plan& plan = net.plan;
  if (stage == 0) gather_images(plan, slab, images, picked);
  lap(pass.times, SN_TIME_DATA);
  const bool last = stage == plan.barrier_count;
  const int32_t end = last ? operations_done(plan, pass.keep_logits) : plan.barriers[stage];
  const int32_t first = stage ? plan.barriers[stage - 1] : first_operation(plan);
  int32_t at = first;
  for (int32_t next; kStreams && at < end; at = next) {
    next = at + 1;
    while (next < end + !last && plan.operations[next].follows) ++next;
    const bool collects = next > end;
    if (next == at + 1) {
      forward_range(plan, &slab, &pass, 1, at, next);
      continue;
    }
    for (int32_t i = at; i < next - collects; ++i) {
      const Tensor& out = plan.tensors[plan.operations[i].output];
      if (out.clears_border && !out.passing) clear_border(out, slab.own);
    }
    stream_forward(plan, slab, pass, at, next - 1, collects);
  }
  if (!kStreams) forward_range(plan, &slab, &pass, 1, first, end);
  if (last || (kStreams && at > end)) return;
  const Operation& op = plan.operations[end];
  op.kernels->collect(context_of(plan, op, slab), pass);
  lap(pass.times, time_of(end, SN_TIME_FORWARD));
}

void backward_stage(const sn_network& net, const Slab<Lanes>& slab, const Pass& pass,
                    int32_t stage) {
  const Plan& plan = net.plan;
  const int32_t barrier = 2 * plan.barrier_count - stage;  // the one this stage comes behind
  int32_t last = operations_done(plan, pass.keep_logits);
  const int32_t next = barrier > 0 ? plan.barriers[barrier - 1] : -1;
  bool returns = barrier < plan.barrier_count;
  if (returns) last = plan.barriers[barrier] + 1;
  while (kStreams && last > next + 1) {
    int32_t first = last - 1;
    while (first > (next < 0 ? 0 : next) && plan.operations[first].follows) --first;
    if (first < last - 1) {
      stream_backward(plan, slab, pass, first, last - 1, first == next, returns);
      if (first == next) return;
      add_gradients(context_of(plan, plan.operations[first], slab));
    } else if (returns) {
      input_gradients(context_of(plan, plan.operations[first], slab), pass);
      lap(pass.times, time_of(first, SN_TIME_INPUTS));
    } else {
      backward_range(plan, &slab, &pass, 1, last, first);
    }
    last = first;
    returns = false;
  }
  if (!kStreams) {
    if (returns) {
      input_gradients(context_of(plan, plan.operations[--last], slab), pass);
      lap(pass.times, time_of(last, SN_TIME_INPUTS));
    }
    backward_range(plan, &slab, &pass, 1, last, next + 1);
  }
  if (next < 0) return;
  const Operation& op = plan.operations[next];
  op.kernels->weight_gradient(context_of(plan, op, slab), pass);
  lap(pass.times, time_of(next, SN_TIME_WEIGHTS));
}

void join_stage(const sn_network& net, int32_t stage, const float* parameters, int64_t slabs,
                int64_t images) {
  const Plan& plan = net.plan;
  const Joined joined = {net.sums, plan.slab_sum_count, slabs, images, parameters};
  const int32_t count = plan.barrier_count;
  const bool ahead = stage < count;
  const Operation& op = plan.operations[plan.barriers[ahead ? stage : 2 * count - 1 - stage]];
  (ahead ? op.kernels->join : op.kernels->join_backward)(op, joined, net.statistics);
}

namespace {

// Every tensor of a single image has its own place, batch-wide or not.
Slab<float> single_slab(const sn_network& net) {
  float* shared = net.single + net.plan.thread_units;
  return {net.single, shared, net.packed, nullptr, nullptr, nullptr, nullptr};
}

// Calls use(row, place in the row) for each value.
template <class Use>
void each_value(const Tensor& tensor, Use use) {
  const int64_t row = int64_t{tensor.shape.width} * tensor.shape.channels;
  for (int64_t r = 0; r < tensor.shape.height; ++r) {
    for (int64_t i = 0; i < row; ++i) use(r, i);
  }
}

// One image by the kernel for slabs, which leaves its bits in every lane.
void single_by_slab(const sn_network& net, const Operation& op, const Pass& pass) {
  const Plan& plan = net.plan;
  const Slab<Lanes> slab = slab_of(net, 0, net.spare_blocks[0]);
  const Slab<float> image = single_slab(net);
  for (int32_t k = 0; k < op.edge_count; ++k) {
    const Tensor& tensor = plan.tensors[plan.edges[op.first_edge + k].tensor];
    each_value(tensor, [&](int64_t r, int64_t i) {
      slab.values(tensor).row(r)[i] = broadcast<Lanes>(image.values(tensor).row(r)[i]);
    });
  }
  op.kernels->forward(context_of(plan, op, slab), pass);
  const Tensor& out = plan.tensors[op.output];
  each_value(out, [&](int64_t r, int64_t i) {
    image.values(out).row(r)[i] = slab.values(out).row(r)[i][0];
  });
}

}  // namespace

int32_t begin_single(const sn_network& net, const uint8_t* image) {
  const Plan& plan = net.plan;
  const Slab<float> slab = single_slab(net);
  const bool rescaled = plan.starts_with_rescaling;
  const Tensor& first = plan.tensors[rescaled ? 1 : 0];
  gather_one(image, layout_of(plan), plan.tensors[0].shape,
             rescaled ? plan.operations[0].scale : 1.0f,
             rescaled ? plan.operations[0].offset : 0.0f, slab.values(first));
  activate_rows(first, slab.values(first));
  if (first.clears_border) clear_border(first, slab.own);
  return first_operation(plan);
}

void single_operation(const sn_network& net, const float* parameters, int32_t index, int32_t part,
                      int32_t parts) {
  const Slab<float> slab = single_slab(net);
  const Operation& op = net.plan.operations[index];
  const Pass pass = {weights_of(net, op, parameters),
                     nullptr,
                     false,
                     false,
                     false,
                     0,
                     0,
                     0,
                     1,
                     nullptr,
                     nullptr,
                     part,
                     parts};
  const Tensor& out = net.plan.tensors[op.output];
  if (out.clears_border && part == 0) clear_border(out, slab.own);
  if (kPlainTails && !op.kernels->single) return single_by_slab(net, op, pass);
  op.kernels->single(context_of(net.plan, op, slab), pass);
}

void forward_single(const sn_network& net, const float* parameters, const uint8_t* image) {
  for (int32_t i = begin_single(net, image); i < net.plan.operation_count; ++i) {
    single_operation(net, parameters, i, 0, 1);
  }
}

void pack_chunk(const sn_network& net, const Chunk& chunk, const float* parameters, bool training) {
  const Operation& op = net.plan.operations[chunk.operation];
  if (!op.kernels->pack || op.kernel < 0) return;
  const float* kernel = weights_of(net, op, parameters) + op.kernel;
  op.kernels->pack(op, kernel, net.packed, chunk.first, chunk.last, training);
}

}  // namespace sn
