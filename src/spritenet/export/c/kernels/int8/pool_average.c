#include "pooling.c"
#include "fixed_point.c"
#include "store.c"

/* The factors of an average, for each number of values that a window can have. */
struct average {
  struct pooling window;
  int16_t input_zero, zero, low, high;
  int32_t is_wide;
  const int32_t* counts;
  const int32_t* multiplier;
  const uint8_t* shift;
};

static void pool_average(const struct average* layer, const int8_t* x, void* y) {
  const struct pooling* window = &layer->window;
  int32_t index = 0;
  for (int32_t row = 0; row < window->out_height; ++row) {
    const struct taps rows = pooled_rows(window, row);
    const int32_t top = row * window->stride_height - window->pad_top;
    for (int32_t column = 0; column < window->out_width; ++column) {
      const struct taps columns = pooled_columns(window, column);
      const int32_t left = column * window->stride_width - window->pad_left;
      const int32_t count = (rows.last - rows.first) * (columns.last - columns.first);
      int32_t k = 0;
      while (layer->counts[k] != count) ++k;
      for (int32_t c = 0; c < window->channels; ++c) {
        int32_t sum = -count * layer->input_zero;
        for (int32_t i = rows.first; i < rows.last; ++i) {
          for (int32_t j = columns.first; j < columns.last; ++j) {
            sum += x[((top + i) * window->width + left + j) * window->channels + c];
          }
        }
        const int32_t value = requantize(sum, layer->multiplier[k], layer->shift[k]);
        store(y, index++, limit(layer->zero + value, layer->low, layer->high), layer->is_wide);
      }
    }
  }
}
