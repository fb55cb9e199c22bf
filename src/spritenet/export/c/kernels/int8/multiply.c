#include "merge.c"

/* The product of two inputs. */
static void multiply(const struct merge* layer, const int8_t* const* x, int8_t* y) {
  for (int32_t row = 0; row < layer->height; ++row) {
    for (int32_t column = 0; column < layer->width; ++column) {
      for (int32_t c = 0; c < layer->channels; ++c) {
        const int32_t product =
            merged(layer, x, 0, row, column, c) * merged(layer, x, 1, row, column, c);
        *y++ = bounded(layer, requantize(product, layer->multiplier[0], layer->shift));
      }
    }
  }
}
