#include "source.c"
#include "area.c"

/* A part of an image. */
struct part {
  int32_t top, left, height, width;
};

/* A value of a pixel with the model's channels. */
static int32_t colour_at(const struct source* source, int32_t row, int32_t column,
                         int32_t channel) {
  const int32_t has = source->channels;
  int32_t colours[3];
  if (has == MODEL_CHANNELS) return value_of(source, row, column, channel);
  if (channel == 3) return 255;
  if (has == 1) return value_of(source, row, column, 0);
  for (int32_t k = 0; k < 3; ++k) {
    colours[k] = value_of(source, row, column, k);
    if (has == 4) colours[k] = blend(colours[k], value_of(source, row, column, 3), BACKGROUND);
  }
  return MODEL_CHANNELS == 1 ? grey_of(colours[0], colours[1], colours[2]) : colours[channel];
}

/* Resizes a part of an image by area to a part of the input. */
static void resize(const struct source* source, struct part from, uint8_t* input, struct part to) {
  const int32_t area = from.height * from.width;
  for (int32_t row = 0; row < to.height; ++row) {
    const int32_t top = row * from.height, bottom = top + from.height;
    for (int32_t column = 0; column < to.width; ++column) {
      const int32_t left = column * from.width, right = left + from.width;
      uint8_t* pixel = input + ((to.top + row) * MODEL_WIDTH + to.left + column) * MODEL_CHANNELS;
      for (int32_t k = 0; k < MODEL_CHANNELS; ++k) {
        int32_t sum = 0;
        for (int32_t i = top / to.height; i * to.height < bottom; ++i) {
          const int32_t down = overlap(top, bottom, i * to.height, (i + 1) * to.height);
          for (int32_t j = left / to.width; j * to.width < right; ++j) {
            const int32_t across = overlap(left, right, j * to.width, (j + 1) * to.width);
            sum += down * across * colour_at(source, from.top + i, from.left + j, k);
          }
        }
        pixel[k] = (uint8_t)((sum + area / 2) / area);
      }
    }
  }
}
