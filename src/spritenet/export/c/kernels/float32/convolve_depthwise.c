#include "convolution.c"
#include "window.c"

/* Each channel by its own filters. kernel: rows, columns, outputs. */
static void convolve_depthwise(const struct convolution* layer, const float* x, float* y) {
  const int32_t multiplier = layer->filters / layer->channels;
  for (int32_t row = 0; row < layer->out_height; ++row) {
    const int32_t top = row * layer->stride_height - layer->pad_top;
    const struct taps rows =
        taps_inside(top, layer->dilation_height, layer->kernel_height, layer->height);
    for (int32_t column = 0; column < layer->out_width; ++column) {
      const int32_t left = column * layer->stride_width - layer->pad_left;
      const struct taps columns =
          taps_inside(left, layer->dilation_width, layer->kernel_width, layer->width);
      for (int32_t filter = 0; filter < layer->filters; ++filter) {
        float sum = layer->bias[filter];
        for (int32_t i = rows.first; i < rows.last; ++i) {
          const int32_t line = (top + i * layer->dilation_height) * layer->width;
          for (int32_t j = columns.first; j < columns.last; ++j) {
            const int32_t pixel = line + left + j * layer->dilation_width;
            sum += x[pixel * layer->channels + filter / multiplier] *
                   layer->kernel[(i * layer->kernel_width + j) * layer->filters + filter];
          }
        }
        *y++ = sum;
      }
    }
  }
}
