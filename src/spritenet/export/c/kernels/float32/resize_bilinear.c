/* The two pixels that a place of the new image lies between; centres of pixels are at halves. */
struct between {
  int32_t first, second;
  float part;
};

static struct between place_between(int32_t at, int32_t new_size, int32_t size) {
  const float place = ((float)at + 0.5f) / ((float)new_size / (float)size) - 0.5f;
  const int32_t before = place < 0.0f ? -1 : (int32_t)place;
  const struct between between = {before < 0 ? 0 : before, before + 1 < size ? before + 1 : before,
                                  place - (float)before};
  return between;
}

static void resize_bilinear(const float* x, float* y, int32_t height, int32_t width,
                            int32_t channels, int32_t out_height, int32_t out_width) {
  for (int32_t row = 0; row < out_height; ++row) {
    const struct between rows = place_between(row, out_height, height);
    const float* above = x + rows.first * width * channels;
    const float* below = x + rows.second * width * channels;
    for (int32_t column = 0; column < out_width; ++column) {
      const struct between columns = place_between(column, out_width, width);
      const int32_t left = columns.first * channels, right = columns.second * channels;
      for (int32_t c = 0; c < channels; ++c) {
        const float top = above[left + c] + (above[right + c] - above[left + c]) * columns.part;
        const float bottom = below[left + c] + (below[right + c] - below[left + c]) * columns.part;
        *y++ = top + (bottom - top) * rows.part;
      }
    }
  }
}
