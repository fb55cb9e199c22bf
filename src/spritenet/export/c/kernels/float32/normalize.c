/* Parts of an image, each brought to one mean and deviation. A part has `rows` rows of `size`
   values, `row_step` apart; a part begins `part_step` values after the one before it. */
struct normalization {
  int32_t parts, rows, size, row_step, part_step, gamma_step;
  int32_t has_mean; /* 0: the mean stays */
  float epsilon;
  const float* gamma;
  const float* beta;
};

static void normalize(const struct normalization* layer, const float* x, float* y) {
  const float count = (float)layer->rows * (float)layer->size;
  for (int32_t part = 0; part < layer->parts; ++part) {
    const float* from = x + part * layer->part_step;
    float* to = y + part * layer->part_step;
    const float* gamma = layer->gamma + part * layer->gamma_step;
    const float* beta = layer->beta + part * layer->gamma_step;
    float mean = 0.0f, squares = 0.0f;
    for (int32_t i = 0; layer->has_mean && i < layer->rows; ++i) {
      for (int32_t k = 0; k < layer->size; ++k) mean += from[i * layer->row_step + k];
    }
    mean /= count;
    for (int32_t i = 0; i < layer->rows; ++i) {
      for (int32_t k = 0; k < layer->size; ++k) {
        const float apart = from[i * layer->row_step + k] - mean;
        squares += apart * apart;
      }
    }
    const float factor = 1.0f / sqrtf(squares / count + layer->epsilon);
    for (int32_t i = 0; i < layer->rows; ++i) {
      for (int32_t k = 0; k < layer->size; ++k) {
        const int32_t at = i * layer->row_step + k;
        to[at] = (from[at] - mean) * factor * gamma[k] + beta[k];
      }
    }
  }
}
