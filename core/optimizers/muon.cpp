// Muon (Jordan 2024): the momentum of a matrix, made orthogonal by Newton-Schulz, with steps as long as
// Adam's (Liu et al. 2025); the rest by AdamW.
#include "optimizer.h"

namespace sn {
namespace {

struct Step {
  static constexpr bool kDecays = true;

  float rate, momentum, a, b, c, size, keep;
  float adam_rate, rest_1, rest_2, epsilon, adam_keep;
  int32_t iterations;
  bool nesterov;

  Step(const Node& given, const Moment& moment)
      : rate(moment.rate),
        momentum(given.real("momentum")),
        a(given.real("muon_a")),
        b(given.real("muon_b")),
        c(given.real("muon_c")),
        size(given.real("rms_rate")),
        keep(1.0f - moment.rate * given.real("weight_decay")),
        rest_1(1.0f - given.real("adam_beta_1")),
        rest_2(1.0f - given.real("adam_beta_2")),
        epsilon(given.real("epsilon")),
        adam_keep(1.0f - moment.rate * given.real("adam_weight_decay")),
        iterations(given.whole("ns_steps")),
        nesterov(given.flag("nesterov")) {
    const double first = power(static_cast<double>(given.real("adam_beta_1")), moment.time);
    const double second = power(static_cast<double>(given.real("adam_beta_2")), moment.time);
    const double own = static_cast<double>(moment.rate * given.real("adam_lr_ratio"));
    adam_rate = static_cast<float>(own * __builtin_sqrt(1 - second) / (1 - first));
  }

  void update(const Stretch& s) const {
    const bool matrix = s.weight->rank == 2 && !s.plain;
    const float left = matrix ? keep : adam_keep;
    for (int64_t i = 0; s.decays && i < s.count; ++i) s.w[i] *= left;
    if (matrix) {
      update_matrix(s);
    } else {
      update_others(s);
    }
  }

  void update_others(const Stretch& s) const {
    float* __restrict m = s.slot(0);
    float* __restrict v = s.slot(1);
    for (int64_t i = 0; i < s.count; ++i) {
      const float gradient = s.g[i] * s.scale;
      m[i] += (gradient - m[i]) * rest_1;
      v[i] += (gradient * gradient - v[i]) * rest_2;
      s.w[i] -= adam_rate * m[i] / (__builtin_sqrtf(v[i]) + epsilon);
    }
  }

  void update_matrix(const Stretch& s) const {
    const int64_t rows = s.weight->shape[0], columns = s.weight->shape[1];
    float* __restrict m = s.slot(0);
    float* __restrict g = s.g;
    for (int64_t i = 0; i < s.count; ++i) {
      const float gradient = g[i] * s.scale;
      m[i] = m[i] * momentum + gradient;
      g[i] = nesterov ? gradient + momentum * m[i] : m[i];
    }
    const double norm = __builtin_sqrt(squares_of(g, s.count)) + 1e-7;
    const float inverse = static_cast<float>(1 / norm);
    // As a matrix with no fewer rows than columns, so that all products run along its rows.
    const bool turned = rows < columns;
    float* x = turned ? s.scratch : g;
    float* squares = turned ? g : s.scratch;
    const int64_t length = turned ? columns : rows, width = turned ? rows : columns;
    for (int64_t r = 0; turned && r < rows; ++r) {
      for (int64_t k = 0; k < columns; ++k) x[k * rows + r] = g[r * columns + k];
    }
    for (int64_t i = 0; i < s.count; ++i) x[i] *= inverse;
    for (int32_t i = 0; i < iterations; ++i) {
      iterate(x, squares, s.scratch + s.stride, length, width);
    }
    const float step = size > 0 ? rate * size * __builtin_sqrtf(static_cast<float>(length)) : rate;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t k = 0; k < columns; ++k) {
        s.w[r * columns + k] -= step * (turned ? x[k * rows + r] : x[r * columns + k]);
      }
    }
  }

  // x = a x + x (b A + c A A) with A = x' x; `first` and `second` hold `width` squared numbers.
  void iterate(float* x, float* first, float* second, int64_t length, int64_t width) const {
    for (int64_t i = 0; i < width * width; ++i) first[i] = 0;
    for (int64_t r = 0; r < length; ++r) {
      const float* row = x + r * width;
      for (int64_t i = 0; i < width; ++i) add(first + i * width, row, row[i], width);
    }
    for (int64_t i = 0; i < width; ++i) {
      const float* from = first + i * width;
      float* to = second + i * width;
      for (int64_t k = 0; k < width; ++k) to[k] = b * from[k];
      for (int64_t k = 0; k < width; ++k) add(to, first + k * width, c * from[k], width);
    }
    float* sum = first;  // of which nothing is read any more
    for (int64_t r = 0; r < length; ++r) {
      float* row = x + r * width;
      for (int64_t k = 0; k < width; ++k) sum[k] = a * row[k];
      for (int64_t k = 0; k < width; ++k) add(sum, second + k * width, row[k], width);
      for (int64_t k = 0; k < width; ++k) row[k] = sum[k];
    }
  }

  static void add(float* __restrict to, const float* __restrict from, float factor, int64_t count) {
    for (int64_t i = 0; i < count; ++i) to[i] += factor * from[i];
  }
};

constexpr auto kArguments =
    arguments(0.004, fraction("adam_beta_1", 0.9), fraction("adam_beta_2", 0.999),
              number("adam_weight_decay", 0.004, 0), kEpsilon, number("muon_a", 3.4445),
              number("muon_b", -4.7750), number("muon_c", 2.0315), number("adam_lr_ratio", 1, 0),
              fraction("momentum", 0.95), whole("ns_steps", 5, 1, 100), flag("nesterov", true),
              number("rms_rate", 0.2, 0));
constexpr auto kSlots = slots(slot("momentum"), slot("velocity"));

}  // namespace

extern const Optimizer kMuon = optimizer_of<Step>("Muon", 0.001, kArguments, kSlots, true, 2);

}  // namespace sn
