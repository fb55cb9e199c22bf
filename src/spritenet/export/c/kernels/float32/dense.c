/* A dense layer on one vector, or on each pixel of an image. kernel: units, inputs. */
static void dense(const float* x, float* y, int32_t pixels, int32_t inputs, int32_t units,
                  const float* kernel, const float* bias) {
  for (int32_t p = 0; p < pixels; ++p, x += inputs) {
    const float* row = kernel;
    for (int32_t u = 0; u < units; ++u, row += inputs) {
      float sum = bias[u];
      for (int32_t i = 0; i < inputs; ++i) sum += x[i] * row[i];
      *y++ = sum;
    }
  }
}
