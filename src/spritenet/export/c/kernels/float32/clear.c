static void clear(float* y, int32_t count) {
  for (int32_t i = 0; i < count; ++i) y[i] = 0.0f;
}
