#include "fixed_point.c"

/* Several inputs, value by value. Steps of 0 repeat an input along an axis: of each input, the steps
   along height, width and channels. */
struct merge {
  int32_t height, width, channels, inputs;
  int32_t shift, zero, low, high;
  const int32_t* steps;
  const int32_t* zeros;
  const int32_t* multiplier;
};

/* An input's value less its zero point. */
static int32_t merged(const struct merge* layer, const int8_t* const* x, int32_t input, int32_t row,
                      int32_t column, int32_t channel) {
  const int32_t* steps = layer->steps + 3 * input;
  return x[input][row * steps[0] + column * steps[1] + channel * steps[2]] - layer->zeros[input];
}

static int8_t bounded(const struct merge* layer, int32_t value) {
  return (int8_t)limit(layer->zero + value, layer->low, layer->high);
}
