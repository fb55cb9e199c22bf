static void log_softmax(const float* x, float* y, int32_t rows, int32_t size) {
  for (int32_t row = 0; row < rows; ++row, x += size, y += size) {
    float most = x[0], sum = 0.0f;
    for (int32_t k = 1; k < size; ++k) most = x[k] > most ? x[k] : most;
    for (int32_t k = 0; k < size; ++k) sum += expf(x[k] - most);
    const float rest = logf(sum) + most;
    for (int32_t k = 0; k < size; ++k) y[k] = x[k] - rest;
  }
}
