// Pen lines to small grey pictures, the way MNIST was prepared: a box, a grey edge, centre of mass.
//
// Integers only, but for a square root and an integer's conversion (both exact by IEEE 754), so that
// every instruction set, compiler and optimisation level draws the same picture.
// Lengths are in 1/256 pixel. Knows nothing of digits, chance or networks.
#include "spritenet.h"
#include "text.h"

namespace {

constexpr int kUnit = 256;       // lengths in a pixel
constexpr int kDirection = 14;   // bits after the point of a direction's components
constexpr int kSlope = 12;       // bits after the point of a change of radius per length
constexpr int kWide = 8;         // pixels of a row drawn at a time
constexpr int kLargestBox = 64;  // so that squared lengths and products fit 32 bits
constexpr int kNever = -32768;   // deeper than any ink's edge

typedef int32_t Row __attribute__((vector_size(kWide * 4)));
typedef int32_t LooseRow __attribute__((vector_size(kWide * 4), aligned(4), may_alias));
typedef float FloatRow __attribute__((vector_size(kWide * 4)));

// The depth inside the ink of each pixel's middle; room for a whole row of pixels beyond the last.
struct Depths {
  int32_t at[kLargestBox][kLargestBox + kWide];
};

struct Point {
  int x, y, radius;
};

int min(int a, int b) { return a < b ? a : b; }
int max(int a, int b) { return a > b ? a : b; }
Row min(Row a, Row b) { return a < b ? a : b; }
Row max(Row a, Row b) { return a > b ? a : b; }

// The whole part of the square root of what is not negative.
int root(int square) {
  return static_cast<int>(__builtin_elementwise_sqrt(static_cast<float>(square)));
}

Row root(Row square) {
  return __builtin_convertvector(
      __builtin_elementwise_sqrt(__builtin_convertvector(square, FloatRow)), Row);
}

// One straight chunk of line, its radius going evenly from one end's to the other's.
// Per row of pixels the four products with the direction stay in registers.
void chunk(Depths& depths, int box, Point a, Point b, int reach) {
  const int dx = b.x - a.x, dy = b.y - a.y;
  const int length = root(dx * dx + dy * dy);
  const int some = max(length, 1);
  const int ux = length ? dx * (1 << kDirection) / some : 1 << kDirection;
  const int uy = length ? dy * (1 << kDirection) / some : 0;
  const int slope = (b.radius - a.radius) * (1 << kSlope) / some;
  const int half = 1 << (kDirection - 1);

  const int far = max(a.radius, b.radius) + reach;
  const int top = max((min(a.y, b.y) - far) / kUnit, 0);
  const int bottom = min((max(a.y, b.y) + far) / kUnit, box - 1);
  const int left = max((min(a.x, b.x) - far) / kUnit, 0);
  const int right = min((max(a.x, b.x) + far) / kUnit, box - 1);
  const Row steps = Row{0, 1, 2, 3, 4, 5, 6, 7} * kUnit;
  for (int column = left; column <= right; column += kWide) {
    const Row px = steps + (column * kUnit + kUnit / 2 - a.x);
    const Row px_along = px * ux + half, px_across = px * uy + half;
    for (int row = top; row <= bottom; ++row) {
      const int py = row * kUnit + kUnit / 2 - a.y;
      const Row along = (px_along + py * uy) >> kDirection;
      const Row across = (px_across - py * ux) >> kDirection;
      const Row inside = max(min(along, Row{} + length), Row{});
      const Row over = along - inside;
      const Row depth =
          a.radius + ((inside * slope) >> kSlope) - root(across * across + over * over);
      LooseRow& best = *reinterpret_cast<LooseRow*>(&depths.at[row][column]);
      best = max(depth, static_cast<Row>(best));
    }
  }
}

// size / 2 - mean, rounded: the mean being of pixels' numbers weighted by ink. So that mean comes to
// pixel number 14 of 28, as in MNIST. Kept inside the picture.
int offset(int64_t mass, int64_t moment, int size, int box) {
  const int64_t above = (size + 1) * mass - 2 * moment, below = 2 * mass;
  const int64_t down = above / below - (above % below < 0);
  return static_cast<int>(down < 0 ? 0 : down > size - box ? size - box : down);
}

// Depths to grey in place, then into the picture with the centre of mass in its middle.
void place(Depths& depths, int box, int gain, int size, uint8_t* picture) {
  int64_t mass = 0, down = 0, across = 0;
  for (int row = 0; row < box; ++row) {
    for (int column = 0; column < box; ++column) {
      const int ink = min(max(128 + ((depths.at[row][column] * gain) >> 8), 0), 255);
      depths.at[row][column] = ink;
      mass += ink;
      down += ink * row;
      across += ink * column;
    }
  }
  for (int pixel = 0; pixel < size * size; ++pixel) picture[pixel] = 0;
  if (mass == 0) return;
  const int top = offset(mass, down, size, box), left = offset(mass, across, size, box);
  for (int row = 0; row < box; ++row) {
    for (int column = 0; column < box; ++column) {
      picture[(top + row) * size + left + column] = static_cast<uint8_t>(depths.at[row][column]);
    }
  }
}

sn_status refuse(char* error, const char* text) {
  sn::Line(error) << text;
  return SN_INVALID;
}

}  // namespace

extern "C" sn_status sn_draw_lines(const sn_lines* lines, uint8_t* pictures,
                                   char error[SN_ERROR_BYTES]) {
  if (!lines || !pictures) return refuse(error, "lines: there are none, or no place for pictures");
  if (lines->count > 0 && (!lines->places || !lines->lifts || !lines->gains)) {
    return refuse(error, "lines: there are no places, lifts or gains");
  }
  const int box = lines->box, size = lines->size, points = lines->points;
  if (lines->count < 0 || points < 1) return refuse(error, "lines: too few points");
  if (box < 1 || box > kLargestBox) return refuse(error, "lines: the box must be 1 to 64 pixels");
  if (size < box || size > 4096) return refuse(error, "lines: the picture must hold the box");
  const int most = box * kUnit;
  Depths depths;
  for (int64_t image = 0; image < lines->count; ++image) {
    const int16_t* at = lines->places + image * points * 3;
    const int gain = lines->gains[image];
    if (gain < 16 || gain > 4096) return refuse(error, "lines: an edge's gain must be 16 to 4096");
    for (int k = 0; k < points * 3; ++k) {
      if (at[k] < 0 || at[k] > most) return refuse(error, "lines: a point is outside the box");
    }
    for (int row = 0; row < box; ++row) {
      for (int column = 0; column < box + kWide; ++column) depths.at[row][column] = kNever;
    }
    const int reach = 128 * kUnit / gain + 2;
    Point last = {at[0], at[1], at[2]};
    for (int k = 1; k < points; ++k) {
      const Point next = {at[3 * k], at[3 * k + 1], at[3 * k + 2]};
      if (!lines->lifts[k]) chunk(depths, box, last, next, reach);
      last = next;
    }
    place(depths, box, gain, size, pictures + image * size * size);
  }
  return SN_OK;
}
