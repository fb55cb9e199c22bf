#include "convolution.c"
#include "dot.c"

/* Copies the inputs of a window's row. Outside the image, inputs are the zero point. */
static void copy_row(const struct convolution* layer, const int8_t* x, int32_t row, int32_t column,
                     int8_t* line) {
  const int32_t is_inside = row >= 0 && row < layer->height;
  const int8_t* from = x + (is_inside ? row : 0) * layer->width * layer->channels;
  for (int32_t j = 0; j < layer->kernel_width; ++j, column += layer->dilation_width) {
    if (is_inside && column >= 0 && column < layer->width) {
      for (int32_t c = 0; c < layer->depth; ++c) *line++ = from[column * layer->channels + c];
    } else {
      for (int32_t c = 0; c < layer->depth; ++c) *line++ = layer->input_zero ^ layer->flip;
    }
  }
}

/* The sums of a block of filters over a window. Rows that lie partly outside the image, or whose
   inputs lie apart, are copied. */
static void window_sums(const struct convolution* layer, const int8_t* x, int32_t row,
                        int32_t column, const int8_t* kernel, int32_t* sums) {
  int8_t line[LINE];
  struct rows rows = {line, 1, 0, layer->kernel_width * layer->depth, layer->flip};
  if (layer->depth == layer->channels && layer->dilation_width == 1 && row >= 0 && column >= 0 &&
      row + (layer->kernel_height - 1) * layer->dilation_height < layer->height &&
      column + layer->kernel_width <= layer->width) {
    rows.x = x + (row * layer->width + column) * layer->channels;
    rows.rows = layer->kernel_height;
    rows.step = layer->dilation_height * layer->width * layer->channels;
    dot(layer->block, rows, kernel, sums);
    return;
  }
  for (int32_t i = 0; i < layer->kernel_height; ++i) {
    copy_row(layer, x, row + i * layer->dilation_height, column, line);
    kernel = dot(layer->block, rows, kernel, sums);
  }
}
