#include "merge.c"

/* The largest of its inputs, each rescaled. */
static void maximum(const struct merge* layer, const int8_t* const* x, int8_t* y) {
  for (int32_t row = 0; row < layer->height; ++row) {
    for (int32_t column = 0; column < layer->width; ++column) {
      for (int32_t c = 0; c < layer->channels; ++c) {
        int32_t found = 0;
        for (int32_t i = 0; i < layer->inputs; ++i) {
          const int32_t scaled = merged(layer, x, i, row, column, c) * layer->multiplier[i];
          const int32_t value = (scaled + ((int32_t)1 << (layer->shift - 1))) >> layer->shift;
          if (i == 0 || value > found) found = value;
        }
        *y++ = bounded(layer, found);
      }
    }
  }
}
