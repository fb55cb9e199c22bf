#include "fixed_point.c"

/* Rows of one scale as parts of longer rows of another. */
struct rescaling {
  int32_t rows, size, y_step, multiplier, shift;
  int32_t input_zero, zero, low, high;
};

static void rescale_rows(const struct rescaling* layer, const int8_t* x, int8_t* y) {
  const int32_t half = (int32_t)1 << (layer->shift - 1);
  for (int32_t row = 0; row < layer->rows; ++row, y += layer->y_step) {
    for (int32_t i = 0; i < layer->size; ++i) {
      const int32_t value = ((*x++ - layer->input_zero) * layer->multiplier + half) >> layer->shift;
      y[i] = (int8_t)limit(layer->zero + value, layer->low, layer->high);
    }
  }
}
