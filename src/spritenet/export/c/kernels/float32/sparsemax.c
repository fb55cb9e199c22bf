/* Michelot's projection: the threshold rises until what is above it adds up to 1 above it. */
static void sparsemax(const float* x, float* y, int32_t rows, int32_t size) {
  for (int32_t row = 0; row < rows; ++row, x += size, y += size) {
    float most = x[0], threshold = -1.0f;
    for (int32_t k = 1; k < size; ++k) most = x[k] > most ? x[k] : most;
    for (int32_t round = 0; round <= size; ++round) {
      float sum = -1.0f, count = 0.0f;
      for (int32_t k = 0; k < size; ++k) {
        if (x[k] - most > threshold) {
          sum += x[k] - most;
          count += 1.0f;
        }
      }
      if (sum / count <= threshold) break;
      threshold = sum / count;
    }
    for (int32_t k = 0; k < size; ++k) {
      const float above = x[k] - most - threshold;
      y[k] = above > 0.0f ? above : 0.0f;
    }
  }
}
