/* The length that two intervals share; 0 if they are apart. */
static int32_t overlap(int32_t first, int32_t last, int32_t other_first, int32_t other_last) {
  const int32_t from = first > other_first ? first : other_first;
  const int32_t to = last < other_last ? last : other_last;
  return to > from ? to - from : 0;
}
