static void scale_channels(const float* x, float* y, int32_t pixels, int32_t channels,
                           const float* factor, const float* offset) {
  for (int32_t p = 0; p < pixels; ++p) {
    for (int32_t c = 0; c < channels; ++c) *y++ = *x++ * factor[c] + offset[c];
  }
}
