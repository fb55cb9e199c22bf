#include "convolution.c"
#include "dot.c"

/* The sums of a block of filters over a window, which lies inside the image. */
static void window_sums(const struct convolution* layer, const int8_t* x, int32_t row,
                        int32_t column, const int8_t* kernel, int32_t* sums) {
  const struct rows rows = {x + (row * layer->width + column) * layer->channels,
                            layer->kernel_height,
                            layer->dilation_height * layer->width * layer->channels,
                            layer->kernel_width * layer->depth, layer->flip};
  dot(layer->block, rows, kernel, sums);
}
