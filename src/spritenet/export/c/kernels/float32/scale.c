static void scale(const float* x, float* y, int32_t count, float factor, float offset) {
  for (int32_t i = 0; i < count; ++i) y[i] = x[i] * factor + offset;
}
