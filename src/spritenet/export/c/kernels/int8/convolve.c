#include "fixed_point.c"
#include "store.c"
#include "window_sums.c"

static void convolve(const struct convolution* layer, const int8_t* x, void* y) {
  const int32_t taps = layer->kernel_height * layer->kernel_width * layer->depth;
  int32_t index = 0;
  for (int32_t row = 0; row < layer->out_height; ++row) {
    for (int32_t column = 0; column < layer->out_width; ++column) {
      const int8_t* from = x;
      int32_t last = layer->group_filters;
      for (int32_t filter = 0; filter < layer->filters; filter += layer->block) {
        int32_t most[4] = {0};
        if (filter == last) { /* the next group */
          from += layer->depth;
          last += layer->group_filters;
        }
        for (int32_t i = 0; i < layer->pool_height; ++i) {
          const int32_t down = row * layer->pool_height + i;
          for (int32_t j = 0; j < layer->pool_width; ++j) {
            const int32_t across = column * layer->pool_width + j;
            int32_t sums[4] = {0};
            window_sums(layer, from, down * layer->stride_height - layer->pad_top,
                        across * layer->stride_width - layer->pad_left,
                        layer->kernel + filter * taps, sums);
            for (int32_t k = 0; k < layer->block; ++k) {
              if (i + j == 0 || sums[k] > most[k]) most[k] = sums[k];
            }
          }
        }
        for (int32_t f = filter; f < filter + layer->block; ++f) {
          const int32_t sum = most[f - filter] + layer->bias[f];
          const int32_t value =
              layer->zero + requantize(sum, layer->multiplier[f], layer->shift[f]);
          store(y, index++, limit(value, layer->low, layer->high), layer->is_wide);
        }
      }
    }
  }
}
