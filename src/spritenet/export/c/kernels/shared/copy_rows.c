static void copy_rows(const float* x, float* y, int32_t rows, int32_t size, int32_t x_step,
                      int32_t y_step) {
  for (int32_t row = 0; row < rows; ++row) {
    for (int32_t i = 0; i < size; ++i) y[row * y_step + i] = x[row * x_step + i];
  }
}
