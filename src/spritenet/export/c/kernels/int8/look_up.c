/* A function of one value: a table from -128 on. */
static void look_up(const int8_t* x, int8_t* y, int32_t count, const int8_t* table) {
  for (int32_t i = 0; i < count; ++i) y[i] = table[x[i] + 128];
}
