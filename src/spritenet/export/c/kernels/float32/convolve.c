#include "convolution.c"
#include "window.c"

/* One window: x begins at the group's first channel; kernel: taps of rows, columns, channels. */
static float convolve_window(const struct convolution* layer, const float* x, const float* kernel,
                             int32_t row, int32_t column) {
  const int32_t depth = layer->channels / layer->groups;
  const int32_t top = row * layer->stride_height - layer->pad_top;
  const int32_t left = column * layer->stride_width - layer->pad_left;
  const struct taps rows =
      taps_inside(top, layer->dilation_height, layer->kernel_height, layer->height);
  const struct taps columns =
      taps_inside(left, layer->dilation_width, layer->kernel_width, layer->width);
  float sum = 0.0f;
  for (int32_t i = rows.first; i < rows.last; ++i) {
    for (int32_t j = columns.first; j < columns.last; ++j) {
      const float* taps = kernel + (i * layer->kernel_width + j) * depth;
      const float* pixel = x + ((top + i * layer->dilation_height) * layer->width + left +
                                j * layer->dilation_width) *
                                   layer->channels;
      for (int32_t c = 0; c < depth; ++c) sum += pixel[c] * taps[c];
    }
  }
  return sum;
}

/* kernel: filters, rows, columns, channels of the filter's group. */
static void convolve(const struct convolution* layer, const float* x, float* y) {
  const int32_t depth = layer->channels / layer->groups;
  const int32_t group_filters = layer->filters / layer->groups;
  const int32_t taps = layer->kernel_height * layer->kernel_width * depth;
  for (int32_t row = 0; row < layer->out_height; ++row) {
    for (int32_t column = 0; column < layer->out_width; ++column) {
      for (int32_t filter = 0; filter < layer->filters; ++filter) {
        const float* from = x + filter / group_filters * depth;
        float most = 0.0f;
        for (int32_t i = 0; i < layer->pool_height; ++i) {
          for (int32_t j = 0; j < layer->pool_width; ++j) {
            const float sum =
                convolve_window(layer, from, layer->kernel + filter * taps,
                                row * layer->pool_height + i, column * layer->pool_width + j);
            if (i + j == 0 || sum > most) most = sum;
          }
        }
        *y++ = most + layer->bias[filter];
      }
    }
  }
}
