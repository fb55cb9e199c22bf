// One slab, or one image, through all operations: forward and back.
#include "network.h"

#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/pooling.h"
#include "layers/single.h"
#include "layers/winograd_gradient.h"

namespace sn {
namespace {

// A rescaling that comes first is done while the images are gathered.
bool starts_with_rescaling(const Plan& plan) {
  return plan.operation_count > 0 && plan.operations[0].kind == Kind::rescaling;
}

template <class T>
Site<T> site_of(const Plan& plan, const Operation& op, const Slab<T>& slab) {
  return {op, plan.tensors[op.input], plan.tensors[op.output], slab};
}

// What slabs and single images have in common; false for the operations they do differently.
template <class T>
bool forward_common(const Site<T>& site) {
  switch (site.op.kind) {
    case Kind::max_pooling:
      max_pooling_forward(site);
      return true;
    case Kind::average_pooling:
      average_pooling_forward(site);
      return true;
    case Kind::rescaling:
      rescaling_forward(site, site.op.scale, site.op.offset);
      return true;
    case Kind::activation:
      activation_forward(site);
      return true;
    case Kind::softmax:
      softmax_forward(site);
      return true;
    default:
      return false;
  }
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

}  // namespace

void forward(const sn_network& net, const Slab<Lanes>& slab, const ForwardTask& task,
             const uint8_t* images, const Picked& picked) {
  const Plan& plan = net.plan;
  const bool rescaled = starts_with_rescaling(plan);
  const Tensor& first = plan.tensors[rescaled ? 1 : 0];
  gather(picked, images, plan.tensors[0].shape, rescaled ? plan.operations[0].scale : 1.0f,
         rescaled ? plan.operations[0].offset : 0.0f, slab.values(first));
  activate_rows(first, slab.values(first));
  const int32_t done = operations_done(plan, task.keep_logits);
  for (int32_t i = rescaled ? 1 : 0; i < done; ++i) {
    const Operation& op = plan.operations[i];
    const Site<Lanes> site = site_of(plan, op, slab);
    if (forward_common(site)) continue;
    if (by_winograd(op) && task.winograd) {
      winograd_forward(site, task.parameters, net.packed);
    } else if (op.kind == Kind::conv2d) {
      conv2d_forward(site, task.parameters, net.packed);
    } else if (op.kind == Kind::dense) {
      dense_forward(site, task.parameters, net.packed);
    } else if (task.training) {
      const DropoutKey key(op, task.seed, task.step, task.first_image);
      dropout_forward(site, &key);
    } else {
      dropout_forward(site, nullptr);
    }
  }
}

void backward(const sn_network& net, const Slab<Lanes>& slab, const ForwardTask& task) {
  const Plan& plan = net.plan;
  for (int32_t i = operations_done(plan, task.keep_logits) - 1; i >= 0; --i) {
    const Operation& op = plan.operations[i];
    const Site<Lanes> site = site_of(plan, op, slab);
    if (op.kind == Kind::conv2d) {
      by_winograd(op) ? winograd_kernel_gradient(site) : conv2d_kernel_gradient(site);
      conv2d_bias_gradient(site);
    } else if (op.kind == Kind::dense) {
      dense_keep_gradient(site);
    }
    if (!op.input_gradient) return;  // nothing before it learns
    switch (op.kind) {
      case Kind::conv2d:
        if (by_winograd(op)) {
          winograd_input_gradient(site, net.packed);
        } else {
          conv2d_input_gradient(site, net.packed);
        }
        break;
      case Kind::dense:
        dense_input_gradient(site, net.packed);
        break;
      case Kind::max_pooling:
        max_pooling_backward(site);
        break;
      case Kind::average_pooling:
        average_pooling_backward(site);
        break;
      case Kind::rescaling:
        rescaling_backward(site);
        break;
      case Kind::dropout:
        if (task.training) {
          const DropoutKey key(op, task.seed, task.step, task.first_image);
          dropout_backward(site, &key);
        } else {
          dropout_backward(site, nullptr);
        }
        break;
      case Kind::activation:
        activation_backward(site);
        break;
      case Kind::softmax:
        softmax_backward(site);
        break;
    }
  }
}

void forward_single(const sn_network& net, const float* parameters, const uint8_t* image) {
  const Plan& plan = net.plan;
  // Every tensor of a single image has its own place, batch-wide or not.
  const Slab<float> slab = {net.single, net.single + plan.thread_units, nullptr, nullptr, nullptr};
  const bool rescaled = starts_with_rescaling(plan);
  const Tensor& first = plan.tensors[rescaled ? 1 : 0];
  gather_one(image, plan.tensors[0].shape, rescaled ? plan.operations[0].scale : 1.0f,
             rescaled ? plan.operations[0].offset : 0.0f, slab.values(first));
  activate_rows(first, slab.values(first));
  for (int32_t i = rescaled ? 1 : 0; i < plan.operation_count; ++i) {
    const Operation& op = plan.operations[i];
    const Site<float> site = site_of(plan, op, slab);
    if (forward_common(site)) continue;
    if (op.kind == Kind::dropout) {
      rescaling_forward(site, 1.0f, 0.0f);
    } else {
      single_forward(site, parameters);
    }
  }
}

void pack_piece(const sn_network& net, const Piece& piece, const float* parameters, bool training) {
  const Operation& op = net.plan.operations[piece.operation];
  const float* kernel = parameters + op.kernel;
  if (by_winograd(op) && training) {
    return pack_winograd(op, kernel, net.packed, piece.first, piece.last);
  }
  for (int32_t s = 0; s < piece.stretches; ++s) {
    pack_rows(op, kernel, net.packed, s * piece.rows + piece.first, s * piece.rows + piece.last);
  }
}

}  // namespace sn
