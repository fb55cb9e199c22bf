// Adafactor (Shazeer and Stern 2018): the mean squares of a weight by their rows and columns alone.
//
// Rows and columns are the last two axes; each place of the axes before them has its own. A weight of
// one axis keeps all its mean squares, in the slot of the rows.
#include "../elementary.h"
#include "optimizer.h"

namespace sn {
namespace {

struct Step {
  float rho, keep, epsilon_1, epsilon_2, threshold;

  Step(const Node& given, const Moment& moment)
      : epsilon_1(given.real("epsilon_1")),
        epsilon_2(given.real("epsilon_2")),
        threshold(given.real("clip_threshold")) {
    const float time = static_cast<float>(moment.time);
    const float most = 1.0f / __builtin_sqrtf(time);
    rho = min(moment.rate, most);
    keep = 1.0f - exp(given.real("beta_2_decay") * log(time));
  }

  void update(const Stretch& s) const {
    float* __restrict g = s.g;
    for (int64_t i = 0; i < s.count; ++i) g[i] *= s.scale;
    const double mean = squares_of(s.w, s.count) / static_cast<double>(s.count);
    const float size = max(epsilon_2, static_cast<float>(__builtin_sqrt(mean))) * rho;
    const int32_t rank = s.weight->rank;
    const int64_t columns = rank < 2 ? 1 : s.weight->shape[rank - 1];
    const int64_t rows = rank < 2 ? s.count : s.weight->shape[rank - 2];
    for (int64_t first = 0; first < s.count; first += rows * columns) {
      if (rank < 2) {
        divide_all(g, s.slot(0), s.count);
      } else {
        divide(g + first, s.slot(0) + first / columns, s.slot(1) + first / rows, rows, columns);
      }
    }
    const double square = squares_of(g, s.count) / static_cast<double>(s.count);
    const float norm = static_cast<float>(__builtin_sqrt(square)) / threshold;
    const float step = size / max(1.0f, norm);
    for (int64_t i = 0; i < s.count; ++i) s.w[i] -= step * g[i];
  }

  void divide_all(float* __restrict g, float* __restrict square, int64_t count) const {
    for (int64_t i = 0; i < count; ++i) {
      square[i] = keep * square[i] + (1.0f - keep) * (g[i] * g[i] + epsilon_1);
      g[i] /= __builtin_sqrtf(square[i]);
    }
  }

  // A matrix of gradients by the roots of what the means of its rows and columns tell of its squares.
  void divide(float* __restrict g, float* __restrict row, float* __restrict column, int64_t rows,
              int64_t columns) const {
    const float of_row = (1.0f - keep) / static_cast<float>(columns);
    const float of_column = (1.0f - keep) / static_cast<float>(rows);
    double sum = 0;
    for (int64_t c = 0; c < columns; ++c) column[c] *= keep;
    for (int64_t r = 0; r < rows; ++r) {
      const float* from = g + r * columns;
      double squares = 0;
      for (int64_t c = 0; c < columns; ++c) {
        const float square = from[c] * from[c] + epsilon_1;
        squares += static_cast<double>(square);
        column[c] += of_column * square;
      }
      row[r] = keep * row[r] + of_row * static_cast<float>(squares);
      sum += static_cast<double>(row[r]);
    }
    const float mean = static_cast<float>(sum / static_cast<double>(rows));
    for (int64_t r = 0; r < rows; ++r) {
      const float factor = row[r] / mean;
      for (int64_t c = 0; c < columns; ++c)
        g[r * columns + c] /= __builtin_sqrtf(factor * column[c]);
    }
  }
};

constexpr auto kArguments = arguments(
    0, number("beta_2_decay", -0.8, -kAny, 0), number("epsilon_1", 1e-30, 0),
    number("epsilon_2", 1e-3, 0), number("clip_threshold", 1, 1e-30), flag("relative_step", true));
constexpr auto kSlots = slots(slot("row_mean"), slot("column_mean"));

}  // namespace

extern const Optimizer kAdafactor =
    optimizer_of<Step>("Adafactor", 0.001, kArguments, kSlots, true);

}  // namespace sn
