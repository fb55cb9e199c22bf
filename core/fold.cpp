// Batch normalisation in the weights of the convolution or Dense before it, where a network only
// predicts: one operation instead of two.
#include "network.h"

namespace sn {

Operation* Builder::foldable(const Node& node) {
  const Value& from = input(node);
  const Tensor& tensor = plan_.tensors[from.tensor];
  if (!plan_.reuses_memory || from.readers > 1 || from.activation != kLinear ||
      tensor.producer < 0 || tensor.activation != kLinear || tensor.readers > 0) {
    return nullptr;
  }
  Operation& op = plan_.operations[tensor.producer];
  const bool seen_as_made = from.shape.height == op.out.height &&
                            from.shape.width == op.out.width && from.shape.channels == op.units;
  return op.foldable && op.fold < 0 && seen_as_made ? &op : nullptr;
}

void Builder::fold(Operation& op, const Operation& normalization) {
  const int64_t units = op.units, kernel = plan_.folded_count;
  const int64_t bias = kernel + op.fan_in * units, factors = bias + units;
  op.fold = plan_.fold_count++;
  plan_.folds[op.fold] = {static_cast<int32_t>(&op - plan_.operations),
                          op.kernel,
                          op.bias,
                          normalization.kernel,
                          normalization.bias,
                          normalization.moving,
                          factors,
                          normalization.epsilon};
  op.kernel = kernel;
  op.bias = bias;
  plan_.folded_count = factors + units;
}

// y = (x - mean) gamma / deviation + beta, of x = kernel · input + bias.
void fold_normalizations(const sn_network& net, const float* parameters) {
  if (!kLargeImages) return;
  const Plan& plan = net.plan;
  for (int32_t i = 0; i < plan.fold_count; ++i) {
    const Fold& fold = plan.folds[i];
    const Operation& op = plan.operations[fold.operation];
    const int64_t units = op.units;
    const float* mean = parameters + fold.moving;
    const float* variance = mean + units;
    float* factor = net.folded + fold.factors;
    for (int64_t u = 0; u < units; ++u) {
      factor[u] = 1.0f / __builtin_sqrtf(variance[u] + fold.epsilon);
      if (fold.gamma >= 0) factor[u] *= parameters[fold.gamma + u];
      const float bias = fold.bias >= 0 ? parameters[fold.bias + u] : 0.0f;
      const float beta = fold.beta >= 0 ? parameters[fold.beta + u] : 0.0f;
      net.folded[op.bias + u] = (bias - mean[u]) * factor[u] + beta;
    }
    const float* from = parameters + fold.kernel;
    float* to = net.folded + op.kernel;
    for (int64_t row = 0; row < op.fan_in; ++row, from += units, to += units) {
      for (int64_t u = 0; u < units; ++u) to[u] = from[u] * factor[u];
    }
  }
}

}  // namespace sn
