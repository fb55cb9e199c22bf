// OrthogonalRegularizer: factor times the mean of |u_a . u_b| over the pairs of unit vectors u = w / |w|.
#include "train.h"

namespace sn {
namespace {

float dot(const float* a, const float* b, int64_t length) {
  float sum = 0;
  int64_t i = 0;
  if constexpr (!kPlainTails) {
    typedef Vector<kLanes>::Loose Loose;
    Lanes lanes{};
    for (; i + kLanes <= length; i += kLanes)
      lanes += *reinterpret_cast<const Loose*>(a + i) * *reinterpret_cast<const Loose*>(b + i);
    sum = sum_of(lanes);
  }
  for (; i < length; ++i) sum += a[i] * b[i];
  return sum;
}

// Vector a of `count` is at w + a next, with a step from each of its numbers to the next.
float add_matrix(int64_t count, int64_t length, int64_t next, int64_t step, float factor,
                 const float* w, float* gradient, float* units, float* scales) {
  const float share = factor / static_cast<float>(count) / static_cast<float>(count - 1);
  float sum = 0;
  for (int64_t a = 0; a < count; ++a) {
    float* u = units + a * length;
    for (int64_t i = 0; i < length; ++i) u[i] = w[a * next + i * step];
    const float norm = __builtin_sqrtf(dot(u, u, length));
    scales[a] = 1.0f / (norm > 1e-7f ? norm : 1e-7f);  // Keras's epsilon
    for (int64_t i = 0; i < length; ++i) u[i] *= scales[a];
  }
  float* slope = scales + count;
  for (int64_t a = 0; a < count; ++a) {
    const float* u = units + a * length;
    float along = 0;
    for (int64_t i = 0; i < length; ++i) slope[i] = 0;
    for (int64_t b = 0; b < count; ++b) {
      const float* other = units + b * length;
      const float product = a == b ? 0.0f : dot(u, other, length);
      const float sign = product > 0 ? share : product < 0 ? -share : 0.0f;
      along += sign * product;
      for (int64_t i = 0; i < length; ++i) slope[i] += sign * other[i];
    }
    sum += along;
    for (int64_t i = 0; i < length; ++i)
      gradient[a * next + i * step] = 2 * scales[a] * (slope[i] - along * u[i]);
  }
  return sum;
}

}  // namespace

float add_orthogonal(const sn_network& net, const float* parameters) {
  const Plan& plan = net.plan;
  float* units = net.penalties + plan.parameter_count;
  float sum = 0;
  for (int64_t i = 0; i < plan.parameter_count; ++i) net.penalties[i] = 0;
  for (int32_t k = 0; k < plan.weight_count; ++k) {
    const sn_weight& weight = plan.weights[k];
    const Orthogonal& rule = plan.orthogonal[k];
    const int64_t width = weight.shape[1], count = weight.shape[rule.by_columns];
    if (!weight.trainable || rule.factor == 0 || count < 2) continue;
    sum += add_matrix(count, weight.shape[!rule.by_columns], rule.by_columns ? 1 : width,
                      rule.by_columns ? width : 1, rule.factor, parameters + weight.offset,
                      net.penalties + weight.offset, units, units + plan.parameter_count);
  }
  return sum;
}

}  // namespace sn
