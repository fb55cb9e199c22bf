/* ReLU with a largest output, a slope below the threshold, and a threshold. */
static void relu_of(const float* x, float* y, int32_t count, float most, float slope,
                    float threshold) {
  for (int32_t i = 0; i < count; ++i) {
    const float above = x[i] > most ? most : x[i];
    y[i] = x[i] < threshold ? (x[i] - threshold) * slope : above;
  }
}
