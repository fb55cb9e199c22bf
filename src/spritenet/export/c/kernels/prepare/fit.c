#include "resize.c"

/* The whole image, with bars beside it. */
static int prepare(const struct source* source, uint8_t* input) {
  const int32_t height = source->height, width = source->width;
  const struct part from = {0, 0, height, width};
  struct part to = {0, 0, MODEL_HEIGHT, MODEL_WIDTH};
  if (height * MODEL_WIDTH > width * MODEL_HEIGHT) {
    to.width = (2 * width * MODEL_HEIGHT + height) / (2 * height);
    if (to.width < 1) to.width = 1;
    to.left = (MODEL_WIDTH - to.width) / 2;
  } else {
    to.height = (2 * height * MODEL_WIDTH + width) / (2 * width);
    if (to.height < 1) to.height = 1;
    to.top = (MODEL_HEIGHT - to.height) / 2;
  }
  for (int32_t i = 0; i < MODEL_HEIGHT * MODEL_WIDTH * MODEL_CHANNELS; ++i) {
    input[i] = i % MODEL_CHANNELS == 3 ? 255 : BACKGROUND;
  }
  resize(source, from, input, to);
  return 1;
}
