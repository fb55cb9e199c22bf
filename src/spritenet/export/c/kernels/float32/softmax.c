/* Over `size` values that are `step` apart; `step` such rows stand side by side. */
static void softmax(const float* x, float* y, int32_t rows, int32_t size, int32_t step) {
  for (int32_t row = 0; row < rows; ++row, x += (size - 1) * step, y += (size - 1) * step) {
    for (int32_t i = 0; i < step; ++i, ++x, ++y) {
      float most = x[0], sum = 0.0f;
      for (int32_t k = 1; k < size; ++k) most = x[k * step] > most ? x[k * step] : most;
      for (int32_t k = 0; k < size; ++k) {
        y[k * step] = expf(x[k * step] - most);
        sum += y[k * step];
      }
      for (int32_t k = 0; k < size; ++k) y[k * step] /= sum;
    }
  }
}
