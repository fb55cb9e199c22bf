/* An image of any size. Where a side has more than 1024 pixels, blocks of pixels count as one. */
struct source {
  const uint8_t* pixels;
  int32_t height, width;             /* in blocks */
  int32_t row, channels;             /* pixels of a row; values of a pixel */
  int32_t block_height, block_width; /* in pixels */
};

static struct source source_of(const uint8_t* pixels, int32_t height, int32_t width,
                               int32_t channels) {
  struct source source = {pixels, height, width, width, channels, 1, 1};
  const int32_t factor = ((height > width ? height : width) + 1023) / 1024;
  if (factor > 1) {
    source.block_height = factor < height ? factor : height;
    source.block_width = factor < width ? factor : width;
    source.height = height / source.block_height;
    source.width = width / source.block_width;
  }
  return source;
}

static int32_t value_of(const struct source* source, int32_t row, int32_t column, int32_t channel) {
  const int32_t count = source->block_height * source->block_width;
  int32_t sum = 0;
  for (int32_t i = 0; i < source->block_height; ++i) {
    for (int32_t j = 0; j < source->block_width; ++j) {
      const int32_t pixel =
          (row * source->block_height + i) * source->row + column * source->block_width + j;
      sum += source->pixels[pixel * source->channels + channel];
    }
  }
  return count == 1 ? sum : (sum + count / 2) / count;
}

/* ITU-R BT.601, in 1/65536. */
static int32_t grey_of(int32_t red, int32_t green, int32_t blue) {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}

/* A transparent value over a background. */
static int32_t blend(int32_t value, int32_t opacity, int32_t behind) {
  return (value * opacity + behind * (255 - opacity) + 127) / 255;
}
