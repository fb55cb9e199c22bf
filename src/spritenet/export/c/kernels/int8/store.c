/* Writes an output, int16 if the layer's are wide. */
static void store(void* y, int32_t index, int32_t value, int32_t is_wide) {
  if (is_wide) {
    ((int16_t*)y)[index] = (int16_t)value;
  } else {
    ((int8_t*)y)[index] = (int8_t)value;
  }
}
