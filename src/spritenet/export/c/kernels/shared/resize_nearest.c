static void resize_nearest(const float* x, float* y, int32_t height, int32_t width,
                           int32_t channels, int32_t out_height, int32_t out_width) {
  for (int32_t row = 0; row < out_height; ++row) {
    const int32_t line = (2 * row + 1) * height / (2 * out_height) * width;
    for (int32_t column = 0; column < out_width; ++column) {
      const int32_t pixel = line + (2 * column + 1) * width / (2 * out_width);
      for (int32_t c = 0; c < channels; ++c) *y++ = x[pixel * channels + c];
    }
  }
}
