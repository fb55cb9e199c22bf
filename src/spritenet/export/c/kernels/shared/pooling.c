#include "window.c"

/* Pooling: the maximum or average of each window; what lies outside the image doesn't count. */
struct pooling {
  uint16_t height, width, channels, out_height, out_width;
  uint16_t pool_height, pool_width, stride_height, stride_width, pad_top, pad_left;
};

static struct taps pooled_rows(const struct pooling* layer, int32_t row) {
  return taps_inside(row * layer->stride_height - layer->pad_top, 1, layer->pool_height,
                     layer->height);
}

static struct taps pooled_columns(const struct pooling* layer, int32_t column) {
  return taps_inside(column * layer->stride_width - layer->pad_left, 1, layer->pool_width,
                     layer->width);
}
