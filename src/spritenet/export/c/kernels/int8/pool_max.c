#include "pooling.c"

static void pool_max(const struct pooling* layer, const int8_t* x, int8_t* y) {
  for (int32_t row = 0; row < layer->out_height; ++row) {
    const struct taps rows = pooled_rows(layer, row);
    const int32_t top = row * layer->stride_height - layer->pad_top;
    for (int32_t column = 0; column < layer->out_width; ++column) {
      const struct taps columns = pooled_columns(layer, column);
      const int32_t left = column * layer->stride_width - layer->pad_left;
      for (int32_t c = 0; c < layer->channels; ++c) {
        int8_t most = -128;
        for (int32_t i = rows.first; i < rows.last; ++i) {
          for (int32_t j = columns.first; j < columns.last; ++j) {
            const int8_t value = x[((top + i) * layer->width + left + j) * layer->channels + c];
            if (value > most) most = value;
          }
        }
        *y++ = most;
      }
    }
  }
}
