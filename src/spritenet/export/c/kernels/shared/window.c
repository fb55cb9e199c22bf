/* The taps of a window along one axis, first <= tap < last, that lie inside the image. */
struct taps {
  int32_t first, last;
};

static struct taps taps_inside(int32_t start, int32_t step, int32_t count, int32_t size) {
  struct taps taps = {0, count};
  if (start < 0) taps.first = (step - 1 - start) / step;
  if (start + (count - 1) * step >= size) taps.last = (size - start + step - 1) / step;
  return taps;
}
