/* Inputs of a window: `rows` rows of `count` values, `step` apart; x stands for x ^ flip. */
struct rows {
  const int8_t* x;
  int32_t rows, step, count, flip;
};
