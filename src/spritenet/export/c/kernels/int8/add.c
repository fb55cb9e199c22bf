#include "merge.c"

/* The weighted sum of its inputs. */
static void add(const struct merge* layer, const int8_t* const* x, int8_t* y) {
  for (int32_t row = 0; row < layer->height; ++row) {
    for (int32_t column = 0; column < layer->width; ++column) {
      for (int32_t c = 0; c < layer->channels; ++c) {
        int32_t sum = 0;
        for (int32_t i = 0; i < layer->inputs; ++i) {
          sum += merged(layer, x, i, row, column, c) * layer->multiplier[i];
        }
        *y++ = bounded(layer, (sum + ((int32_t)1 << (layer->shift - 1))) >> layer->shift);
      }
    }
  }
}
