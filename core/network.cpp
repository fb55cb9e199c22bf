// One slab, or one image, through all operations: forward and back.
#include "network.h"

namespace sn {
namespace {

template <class T>
Context<T> context_of(const Plan& plan, const Operation& op, const Slab<T>& slab) {
  return {op, plan.tensors[op.input], plan.tensors[op.output], slab, plan};
}

int32_t operations_done(const Plan& plan, bool keep_logits) {
  return plan.operation_count - (keep_logits && plan.ends_in_softmax ? 1 : 0);
}

template <class T>
void activate_rows(const Tensor& tensor, const Rows<T>& rows) {
  for (int r = 0; r < tensor.shape.height; ++r) {
    activate_row(rows.row(r), int64_t{tensor.shape.width} * tensor.shape.channels,
                 tensor.activation, tensor.alpha);
  }
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

void forward(const sn_network& net, const Slab<Lanes>& slab, const Pass& pass,
             const uint8_t* images, const Picked& picked) {
  const Plan& plan = net.plan;
  const bool rescaled = plan.starts_with_rescaling;
  const Tensor& first = plan.tensors[rescaled ? 1 : 0];
  gather(picked, images, plan.tensors[0].shape, rescaled ? plan.operations[0].scale : 1.0f,
         rescaled ? plan.operations[0].offset : 0.0f, slab.values(first));
  activate_rows(first, slab.values(first));
  const int32_t done = operations_done(plan, pass.keep_logits);
  for (int32_t i = rescaled ? 1 : 0; i < done; ++i) {
    const Operation& op = plan.operations[i];
    op.kernels->forward(context_of(plan, op, slab), pass);
  }
}

void backward(const sn_network& net, const Slab<Lanes>& slab, const Pass& pass) {
  const Plan& plan = net.plan;
  for (int32_t i = operations_done(plan, pass.keep_logits) - 1; i >= 0; --i) {
    const Operation& op = plan.operations[i];
    const Context<Lanes> ctx = context_of(plan, op, slab);
    if (op.trainable && op.kernels->weight_gradient) op.kernels->weight_gradient(ctx);
    if (!op.input_gradient) continue;  // nothing before it learns
    op.kernels->backward(ctx, pass);
    add_gradients(ctx);
  }
}

void forward_single(const sn_network& net, const float* parameters, const uint8_t* image) {
  const Plan& plan = net.plan;
  // Every tensor of a single image has its own place, batch-wide or not.
  const Slab<float> slab = {net.single, net.single + plan.thread_units, nullptr, nullptr, nullptr};
  const bool rescaled = plan.starts_with_rescaling;
  const Tensor& first = plan.tensors[rescaled ? 1 : 0];
  gather_one(image, plan.tensors[0].shape, rescaled ? plan.operations[0].scale : 1.0f,
             rescaled ? plan.operations[0].offset : 0.0f, slab.values(first));
  activate_rows(first, slab.values(first));
  const Pass pass = {parameters, nullptr, false, false, false, 0, 0, 0};
  for (int32_t i = rescaled ? 1 : 0; i < plan.operation_count; ++i) {
    const Operation& op = plan.operations[i];
    op.kernels->single(context_of(plan, op, slab), pass);
  }
}

void pack_chunk(const sn_network& net, const Chunk& chunk, const float* parameters, bool training) {
  const Operation& op = net.plan.operations[chunk.operation];
  if (!op.kernels->pack || op.kernel < 0) return;
  op.kernels->pack(op, parameters + op.kernel, net.packed, chunk.first, chunk.last, training);
}

}  // namespace sn
