#include "source.c"
#include "area.c"

/* A drawing of one character: dark on light or light on dark, on paper of uneven brightness. */
struct drawing {
  struct source source;
  int32_t behind;  /* the level behind transparent pixels */
  int32_t is_dark; /* the ink is darker than the paper */
  int32_t rows, columns;
  uint8_t paper[8][8]; /* the paper's level in each tile */
  int32_t noise, full; /* levels above the paper that become 0 and 255 */
};

static int32_t grey_at(const struct source* source, int32_t row, int32_t column) {
  const int32_t first = value_of(source, row, column, 0);
  if (source->channels == 1) return first;
  return grey_of(first, value_of(source, row, column, 1), value_of(source, row, column, 2));
}

/* The brightness of a pixel, turned so that ink is light. */
static int32_t level_at(const struct drawing* drawing, int32_t row, int32_t column) {
  const struct source* source = &drawing->source;
  int32_t level = grey_at(source, row, column);
  if (source->channels == 4) {
    level = blend(level, value_of(source, row, column, 3), drawing->behind);
  }
  return drawing->is_dark ? 255 - level : level;
}

/* The tile before a pixel, and how far the pixel is from it, of 2 * size. */
static int32_t tile_before(int32_t at, int32_t tiles, int32_t size, int32_t* apart) {
  int32_t place = (2 * at + 1) * tiles - size;
  const int32_t last = 2 * size * (tiles - 1);
  place = place < 0 ? 0 : place > last ? last : place;
  *apart = place % (2 * size);
  return place / (2 * size);
}

/* The level of a pixel above the paper, which is linear between the centres of tiles. */
static int32_t level_over_paper(const struct drawing* drawing, int32_t row, int32_t column) {
  const int32_t height = drawing->source.height, width = drawing->source.width;
  int32_t down, across;
  const int32_t top = tile_before(row, drawing->rows, height, &down);
  const int32_t left = tile_before(column, drawing->columns, width, &across);
  const int32_t bottom = down ? top + 1 : top, right = across ? left + 1 : left;
  const uint8_t (*paper)[8] = drawing->paper;
  const int32_t above = paper[top][left] * (2 * width - across) + paper[top][right] * across;
  const int32_t below = paper[bottom][left] * (2 * width - across) + paper[bottom][right] * across;
  const int32_t area = height * width;
  const int32_t level = (above * (2 * height - down) + below * down + 2 * area) / (4 * area);
  const int32_t over = level_at(drawing, row, column) - level;
  return over > 0 ? over : 0;
}

/* Maps low to 0 and high to 255, rounded half up. */
static int32_t stretch(int32_t level, int32_t low, int32_t high) {
  const int32_t span = high - low;
  const int32_t value = level < low ? 0 : ((level - low) * 255 + span / 2) / span;
  return value > 255 ? 255 : value;
}

static int32_t ink_at(const struct drawing* drawing, int32_t row, int32_t column) {
  return stretch(level_over_paper(drawing, row, column), drawing->noise, drawing->full);
}

static void clear_counts(uint32_t counts[256]) {
  for (int32_t i = 0; i < 256; ++i) counts[i] = 0;
}

/* The lowest level, from `first` on, at which the count from there reaches half of the total. */
static int32_t median_of(const uint32_t counts[256], int32_t first) {
  uint32_t total = 0, below = 0;
  int32_t level = first;
  for (int32_t i = first; i < 256; ++i) total += counts[i];
  for (; level < 255; ++level) {
    below += counts[level];
    if (2 * below >= total) break;
  }
  return level;
}

/* The median of the levels above half of the strongest, of which `outliers` pixels are ignored; 0
   if there are none. */
static int32_t typical_ink(const uint32_t counts[256], uint32_t outliers) {
  int32_t strongest = 255;
  uint32_t above = counts[255];
  while (above <= outliers) above += counts[--strongest];
  above = 0;
  for (int32_t level = strongest / 2 + 1; level < 256; ++level) above += counts[level];
  return above > 0 ? median_of(counts, strongest / 2 + 1) : 0;
}

/* Transparent drawings lie on white paper, or on black if the ink is light. */
static int32_t find_background(const struct source* source) {
  uint64_t grey = 0, opacity = 0;
  if (source->channels != 4) return 0;
  for (int32_t row = 0; row < source->height; ++row) {
    for (int32_t column = 0; column < source->width; ++column) {
      const int32_t alpha = value_of(source, row, column, 3);
      grey += (uint32_t)(grey_at(source, row, column) * alpha);
      opacity += (uint32_t)alpha;
    }
  }
  return 2 * grey < 255 * opacity ? 255 : 0;
}

/* The ink is dark if the strongest contrast to the frame is darker than the frame. */
static void find_polarity(struct drawing* drawing, uint32_t counts[256]) {
  const int32_t height = drawing->source.height, width = drawing->source.width;
  int32_t frame = (height < width ? height : width) / 16;
  uint64_t dark = 0, light = 0;
  if (frame < 1) frame = 1;
  clear_counts(counts);
  for (int32_t row = 0; row < height; ++row) {
    const int32_t is_inner_row = row >= frame && row < height - frame;
    for (int32_t column = 0; column < width; ++column) {
      if (is_inner_row && column >= frame && column < width - frame) continue;
      ++counts[level_at(drawing, row, column)];
    }
  }
  const int32_t paper = median_of(counts, 0);
  for (int32_t row = 0; row < height; ++row) {
    for (int32_t column = 0; column < width; ++column) {
      const int32_t apart = level_at(drawing, row, column) - paper;
      if (apart < 0)
        dark += (uint32_t)(apart * apart);
      else
        light += (uint32_t)(apart * apart);
    }
  }
  drawing->is_dark = dark >= light;
}

/* The paper's level in each tile: its lower quartile, or that of the darkest tile beside it. */
static void find_paper(struct drawing* drawing, uint32_t counts[256]) {
  const int32_t height = drawing->source.height, width = drawing->source.width;
  const int32_t rows = height > 21 ? 8 : (height + 2) / 3;
  const int32_t columns = width > 21 ? 8 : (width + 2) / 3;
  uint8_t quartiles[8][8];
  drawing->rows = rows;
  drawing->columns = columns;
  for (int32_t i = 0; i < rows; ++i) {
    for (int32_t j = 0; j < columns; ++j) {
      const int32_t bottom = (i + 1) * height / rows, right = (j + 1) * width / columns;
      uint32_t size = 0, below = 0;
      int32_t level = 0;
      clear_counts(counts);
      for (int32_t row = i * height / rows; row < bottom; ++row) {
        for (int32_t column = j * width / columns; column < right; ++column, ++size) {
          ++counts[level_at(drawing, row, column)];
        }
      }
      for (below = counts[0]; below <= size / 4; below += counts[level]) ++level;
      quartiles[i][j] = (uint8_t)level;
    }
  }
  for (int32_t i = 0; i < rows; ++i) {
    for (int32_t j = 0; j < columns; ++j) {
      uint8_t least = 255;
      for (int32_t row = i > 0 ? i - 1 : 0; row < rows && row <= i + 1; ++row) {
        for (int32_t column = j > 0 ? j - 1 : 0; column < columns && column <= j + 1; ++column) {
          if (quartiles[row][column] < least) least = quartiles[row][column];
        }
      }
      drawing->paper[i][j] = least;
    }
  }
}

/* Finds the levels of noise and of full ink. Returns 0 if there is no ink. */
static int find_contrast(struct drawing* drawing, uint32_t counts[256]) {
  const int32_t height = drawing->source.height, width = drawing->source.width;
  clear_counts(counts);
  for (int32_t row = 0; row < height; ++row) {
    for (int32_t column = 0; column < width; ++column) {
      ++counts[level_over_paper(drawing, row, column)];
    }
  }
  drawing->full = typical_ink(counts, (uint32_t)(height * width) / 2000);
  drawing->noise = 4 * median_of(counts, 0);
  if (drawing->noise > drawing->full / 2) drawing->noise = drawing->full / 2;
  return drawing->full - drawing->noise >= 24;
}

/* The box of the character along one axis, and the moment of its ink. */
struct extent {
  int32_t first, last;
  uint64_t moment;
};

static void extend(struct extent* extent, int32_t at) {
  if (at < extent->first) extent->first = at;
  if (at > extent->last) extent->last = at;
}

/* Where an axis of the new image begins, in 1/box of a pixel: the centre of mass is in the middle. */
static int32_t axis_start(const struct extent* extent, uint64_t mass, int32_t longest, int32_t box,
                          int32_t size) {
  const int32_t length = extent->last - extent->first + 1;
  const int32_t most = size - (length * box + longest - 1) / longest;
  const int64_t twice = (int64_t)(2 * extent->moment) - (2 * extent->first - 1) * (int64_t)mass;
  const int64_t unit = (int64_t)mass * 2 * longest;
  const int64_t centre = (int64_t)mass * (size + 2) * longest - twice * box;
  int32_t offset = 0;
  while (offset < most && (offset + 1) * unit <= centre) ++offset;
  return extent->first * box - offset * longest;
}

/* The mean ink of a pixel of the new image, which begins at (top, left) and is `longest` long. */
static int32_t placed_ink(const struct drawing* drawing, int32_t top, int32_t left, int32_t longest,
                          int32_t box) {
  const int32_t height = drawing->source.height, width = drawing->source.width;
  const int32_t area = longest * longest;
  int32_t sum = 0;
  for (int32_t row = top > 0 ? top / box : 0; row < height && row * box < top + longest; ++row) {
    const int32_t down = overlap(top, top + longest, row * box, row * box + box);
    for (int32_t column = left > 0 ? left / box : 0;
         down && column < width && column * box < left + longest; ++column) {
      const int32_t across = overlap(left, left + longest, column * box, column * box + box);
      if (across) sum += down * across * ink_at(drawing, row, column);
    }
  }
  return (sum + area / 2) / area;
}

/* Scales and moves the ink as in MNIST: a box of 20/28, the centre of mass in the middle. */
static void place_ink(const struct drawing* drawing, uint8_t* input, uint32_t counts[256]) {
  const int32_t height = drawing->source.height, width = drawing->source.width;
  const int32_t least_side = MODEL_HEIGHT < MODEL_WIDTH ? MODEL_HEIGHT : MODEL_WIDTH;
  const int32_t box = least_side * 20 + 14 < 28 ? 1 : (least_side * 20 + 14) / 28;
  struct extent rows = {height, -1, 0}, columns = {width, -1, 0};
  uint64_t mass = 0;
  for (int32_t row = 0; row < height; ++row) {
    for (int32_t column = 0; column < width; ++column) {
      const int32_t ink = ink_at(drawing, row, column);
      mass += (uint32_t)ink;
      rows.moment += (uint32_t)(ink * row);
      columns.moment += (uint32_t)(ink * column);
      if (ink >= 48) {
        extend(&rows, row);
        extend(&columns, column);
      }
    }
  }
  const int32_t tall = rows.last - rows.first + 1, wide = columns.last - columns.first + 1;
  const int32_t longest = tall > wide ? tall : wide;
  const int32_t top = axis_start(&rows, mass, longest, box, MODEL_HEIGHT);
  const int32_t left = axis_start(&columns, mass, longest, box, MODEL_WIDTH);
  clear_counts(counts);
  for (int32_t i = 0; i < MODEL_HEIGHT * MODEL_WIDTH; ++i) {
    input[i] = (uint8_t)placed_ink(drawing, top + i / MODEL_WIDTH * longest,
                                   left + i % MODEL_WIDTH * longest, longest, box);
    ++counts[input[i]];
  }
  const int32_t full = typical_ink(counts, 0);
  for (int32_t i = 0; full && i < MODEL_HEIGHT * MODEL_WIDTH; ++i) {
    input[i] = (uint8_t)stretch(input[i], 0, full);
  }
}

static int prepare(const struct source* source, uint8_t* input) {
  struct drawing drawing = {0};
  uint32_t counts[256];
  drawing.source = *source;
  drawing.behind = find_background(source);
  find_polarity(&drawing, counts);
  find_paper(&drawing, counts);
  if (!find_contrast(&drawing, counts)) return 0;
  place_ink(&drawing, input, counts);
  return 1;
}
