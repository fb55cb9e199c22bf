#include "convolution.c"
#include "fixed_point.c"
#include "store.c"

/* Each channel by its own filters. kernel: rows, columns, outputs. */
static void convolve_depthwise(const struct convolution* layer, const int8_t* x, void* y) {
  int32_t index = 0;
  for (int32_t row = 0; row < layer->out_height; ++row) {
    const int32_t top = row * layer->stride_height - layer->pad_top;
    for (int32_t column = 0; column < layer->out_width; ++column) {
      const int32_t left = column * layer->stride_width - layer->pad_left;
      const int32_t is_whole =
          top >= 0 && left >= 0 &&
          top + (layer->kernel_height - 1) * layer->dilation_height < layer->height &&
          left + (layer->kernel_width - 1) * layer->dilation_width < layer->width;
      int32_t channel = 0, last = layer->group_filters;
      for (int32_t f = 0; f < layer->filters; ++f) {
        if (f == last) {
          ++channel;
          last += layer->group_filters;
        }
        const int8_t* kernel = layer->kernel + f;
        int32_t sum = layer->bias[f];
        for (int32_t i = 0; i < layer->kernel_height; ++i) {
          if (is_whole) {
            const int32_t down = top + i * layer->dilation_height;
            const int8_t* from = x + (down * layer->width + left) * layer->channels + channel;
            for (int32_t j = 0; j < layer->kernel_width; ++j, kernel += layer->filters) {
              sum += *from * *kernel;
              from += layer->dilation_width * layer->channels;
            }
            continue;
          }
          const int32_t down = top + i * layer->dilation_height;
          const int32_t is_inside = down >= 0 && down < layer->height;
          const int8_t* from =
              x + (is_inside ? down : 0) * layer->width * layer->channels + channel;
          for (int32_t j = 0; j < layer->kernel_width; ++j, kernel += layer->filters) {
            const int32_t at = left + j * layer->dilation_width;
            sum += (is_inside && at >= 0 && at < layer->width ? from[at * layer->channels]
                                                              : layer->input_zero) *
                   *kernel;
          }
        }
        const int32_t value = requantize(sum, layer->multiplier[f], layer->shift[f]);
        store(y, index++, limit(layer->zero + value, layer->low, layer->high), layer->is_wide);
      }
    }
  }
}
