static void normalize_length(const float* x, float* y, int32_t rows, int32_t size) {
  for (int32_t row = 0; row < rows; ++row, x += size, y += size) {
    float squares = 0.0f;
    for (int32_t k = 0; k < size; ++k) squares += x[k] * x[k];
    const float factor = 1.0f / sqrtf(squares > 1e-12f ? squares : 1e-12f);
    for (int32_t k = 0; k < size; ++k) y[k] = x[k] * factor;
  }
}
