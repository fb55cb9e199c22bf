#include "convolution.c"

/* Each output gathers the inputs that a window spreads to it. kernel: rows, columns, filters, channels. */
static void convolve_transposed(const struct convolution* layer, const float* x, float* y) {
  for (int32_t row = 0; row < layer->out_height; ++row) {
    for (int32_t column = 0; column < layer->out_width; ++column) {
      for (int32_t filter = 0; filter < layer->filters; ++filter) {
        float sum = layer->bias[filter];
        for (int32_t i = 0; i < layer->kernel_height; ++i) {
          const int32_t down = row + layer->pad_top - i * layer->dilation_height;
          if (down < 0 || down % layer->stride_height) continue;
          if (down / layer->stride_height >= layer->height) continue;
          for (int32_t j = 0; j < layer->kernel_width; ++j) {
            const int32_t across = column + layer->pad_left - j * layer->dilation_width;
            if (across < 0 || across % layer->stride_width) continue;
            if (across / layer->stride_width >= layer->width) continue;
            const float* pixel =
                x + (down / layer->stride_height * layer->width + across / layer->stride_width) *
                        layer->channels;
            const float* taps =
                layer->kernel +
                ((i * layer->kernel_width + j) * layer->filters + filter) * layer->channels;
            for (int32_t c = 0; c < layer->channels; ++c) sum += pixel[c] * taps[c];
          }
        }
        *y++ = sum;
      }
    }
  }
}
