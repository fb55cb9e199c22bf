#include "resize.c"

/* The middle of the image, with the input's proportions. */
static int prepare(const struct source* source, uint8_t* input) {
  const struct part to = {0, 0, MODEL_HEIGHT, MODEL_WIDTH};
  const int32_t height = source->height, width = source->width;
  struct part from = {0, 0, height, width};
  if (height * MODEL_WIDTH > width * MODEL_HEIGHT) {
    from.height = (2 * width * MODEL_HEIGHT + MODEL_WIDTH) / (2 * MODEL_WIDTH);
    if (from.height < 1) from.height = 1;
    from.top = (height - from.height) / 2;
  } else {
    from.width = (2 * height * MODEL_WIDTH + MODEL_HEIGHT) / (2 * MODEL_HEIGHT);
    if (from.width < 1) from.width = 1;
    from.left = (width - from.width) / 2;
  }
  resize(source, from, input, to);
  return 1;
}
