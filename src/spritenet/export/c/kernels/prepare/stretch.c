#include "resize.c"

/* The whole image, distorted to the input's proportions. */
static int prepare(const struct source* source, uint8_t* input) {
  const struct part from = {0, 0, source->height, source->width};
  const struct part to = {0, 0, MODEL_HEIGHT, MODEL_WIDTH};
  resize(source, from, input, to);
  return 1;
}
