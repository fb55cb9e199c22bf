// A pen: smooth lines through control points, scaled into MNIST's box and drawn.
//
// The same pixels on every machine: integers, and single roundings of float32.
#pragma once

#include "order.h"
#include "spritenet.h"

namespace sn {

// Never inlined, so that no compiler fuses a product and a sum into one rounding.
__attribute__((noinline)) inline float times(float a, float b) { return a * b; }

struct Float {
  float value;
  Float() = default;
  constexpr Float(float x) : value(x) {}
  constexpr Float(int x) : value(static_cast<float>(x)) {}
};
inline Float operator-(Float a) { return -a.value; }
inline Float operator+(Float a, Float b) { return a.value + b.value; }
inline Float operator-(Float a, Float b) { return a.value - b.value; }
inline Float operator*(Float a, Float b) { return times(a.value, b.value); }
inline Float operator/(Float a, Float b) { return a.value / b.value; }
inline bool operator<(Float a, Float b) { return a.value < b.value; }
inline bool operator>(Float a, Float b) { return a.value > b.value; }
inline void operator+=(Float& a, Float b) { a = a + b; }
inline void operator*=(Float& a, Float b) { a = a * b; }

constexpr int kBox = 20, kSize = 28;  // MNIST's: the ink fits the box, which lies in the picture
constexpr int kSamples = 4;           // pieces of straight line between two control points
constexpr int kMostControl = 22;      // control points of a stroke
constexpr int kMostPoints = 128;      // of all strokes
constexpr Float kUnit = 256;          // lengths in a pixel

inline Float least_of(Float a, Float b) { return a < b ? a : b; }
inline Float most_of(Float a, Float b) { return a > b ? a : b; }
inline int whole(Float x) { return static_cast<int>(x.value); }  // of what is not negative
inline Float root(Float x) { return __builtin_sqrtf(x.value); }

// The random numbers of one image, each call's from a fresh word on.
class Noise {
 public:
  Noise(uint64_t seed, uint64_t stream, uint64_t image) {
    const uint64_t start = mix64(seed + kGolden);
    key_ = mix64(mix64(start + stream * kGolden + kGolden) + image * kGolden);
  }

  // Between 0 and 1, exclusive: odd multiples of 2^-17.
  void uniform(int count, Float* out) {
    for (int i = 0; i < count; ++i) {
      const uint64_t half = word(i / 4) >> 16 * (i % 4) & 0xFFFF;
      out[i] = (Float(static_cast<float>(half)) + 0.5f) * 0x1p-16f;
    }
    used_ += static_cast<uint64_t>(count + 3) / 4;
  }

  // Mean 0 and deviation 1, bell-shaped, within ±3.5: sums of four bytes.
  void normal(int count, Float* out) {
    for (int i = 0; i < count; ++i) {
      const uint64_t four = word(i / 2) >> 32 * (i % 2);
      const uint64_t sum =
          (four & 255) + (four >> 8 & 255) + (four >> 16 & 255) + (four >> 24 & 255);
      out[i] = (Float(static_cast<float>(sum)) - 510) * 0.00676587503f;  // 21845^-½
    }
    used_ += static_cast<uint64_t>(count + 1) / 2;
  }

 private:
  uint64_t key_, used_ = 0;

  uint64_t word(int place) const {
    return mix64(key_ + (used_ + static_cast<uint64_t>(place) + 1) * kGolden);
  }
};

// The control points of one stroke; a corner is 1 where the pen stops.
struct Stroke {
  int points = 0;
  Float x[kMostControl], y[kMostControl], corner[kMostControl] = {};
};

struct Lines {
  int points = 0;
  Float x[kMostPoints], y[kMostPoints];
  uint8_t lifts[kMostPoints];
};

// The Hermite basis at the samples: values and tangents at both ends.
constexpr Float kH00[] = {1, 0.84375f, 0.5f, 0.15625f}, kH10[] = {0, 0.140625f, 0.125f, 0.046875f};
constexpr Float kH01[] = {0, 0.15625f, 0.5f, 0.84375f},
                kH11[] = {0, -0.046875f, -0.125f, -0.140625f};

// One coordinate of a smooth curve: a chordal Catmull-Rom spline through p.
inline void smooth(const Float* p, const Float* chord, const Float* corner, int points,
                   Float* out) {
  Float slope[kMostControl], tangent[kMostControl];
  const int spans = points - 1;
  for (int i = 0; i < spans; ++i) slope[i] = (p[i + 1] - p[i]) / chord[i];
  // The derivative of the parabola through three neighbours, at the middle one.
  for (int i = 1; i < spans; ++i) {
    tangent[i] = (slope[i - 1] * chord[i] + slope[i] * chord[i - 1]) / (chord[i - 1] + chord[i]);
  }
  if (points > 2) {
    tangent[0] = 1.5f * slope[0] - 0.5f * tangent[1];
    tangent[spans] = 1.5f * slope[spans - 1] - 0.5f * tangent[spans - 1];
  } else {
    tangent[0] = tangent[1] = slope[0];
  }
  for (int i = 0; i < spans; ++i) {
    const Float leaving = (tangent[i] + corner[i] * (slope[i] - tangent[i])) * chord[i];
    const Float arriving =
        (tangent[i + 1] + corner[i + 1] * (slope[i] - tangent[i + 1])) * chord[i];
    for (int k = 0; k < kSamples; ++k) {
      out[i * kSamples + k] =
          p[i] * kH00[k] + leaving * kH10[k] + p[i + 1] * kH01[k] + arriving * kH11[k];
    }
  }
  out[spans * kSamples] = p[spans];
}

// Adds a stroke as a smooth line: x `width` times as wide, y twice as high.
inline void add(Lines& lines, const Stroke& stroke, Float width) {
  Stroke s = stroke;
  Float chord[kMostControl];
  for (int i = 0; i < s.points; ++i) s.x[i] *= width, s.y[i] *= 2;
  for (int i = 0; i + 1 < s.points; ++i) {
    const Float dx = s.x[i + 1] - s.x[i], dy = s.y[i + 1] - s.y[i];
    chord[i] = root(dx * dx + dy * dy) + 1e-6f;
  }
  smooth(s.x, chord, s.corner, s.points, lines.x + lines.points);
  smooth(s.y, chord, s.corner, s.points, lines.y + lines.points);
  const int count = (s.points - 1) * kSamples + 1;
  for (int i = 0; i < count; ++i) lines.lifts[lines.points + i] = i == 0;
  lines.points += count;
}

struct Range {
  Float least, most;
};

inline Range range(const Float* values, int count) {
  Range found{values[0], values[0]};
  for (int i = 1; i < count; ++i) {
    found = {least_of(found.least, values[i]), most_of(found.most, values[i])};
  }
  return found;
}

// The largest radius, in pixels, at which long lines don't merge into a blot.
inline Float fullest_radius(const Lines& lines, Float wide, Float high, Float fullest) {
  int64_t drawn = 0;  // integers: a sum of floats depends on the order
  for (int i = 1; i < lines.points; ++i) {
    const Float dx = lines.x[i] - lines.x[i - 1], dy = lines.y[i] - lines.y[i - 1];
    if (!lines.lifts[i]) drawn += static_cast<int64_t>((root(dx * dx + dy * dy) * 4096).value);
  }
  const Float length = Float(static_cast<float>(drawn)) / 4096;
  // Of the bounding box, assumed at least 0.42 as wide as high, so that a 1 may be thick.
  const Float narrow = most_of(least_of(wide, high), 0.42f * most_of(wide, high));
  return fullest * (kBox / 2) * narrow / length;
}

// A coordinate in 1/256 pixel, rounded half to even; adding 1.5 · 2^23 leaves no bits behind the point.
inline int16_t placed(Float pixels) {
  const Float rounded = (pixels * kUnit + 12582912.0f) - 12582912.0f;
  return static_cast<int16_t>(whole(most_of(least_of(rounded, kBox * kUnit), 0)));
}

// Scales the lines so that their ink just fits the box, chooses a pen, and draws them.
inline sn_status draw(const Lines& lines, Noise& noise, bool blots, uint8_t* picture, char* error) {
  Float u[3];
  noise.uniform(3, u);
  Float pen = 0.75f + (blots ? 5.0f : 2.2f) * u[0] * (0.4f + 0.6f * u[1] * u[1]);
  const Range x = range(lines.x, lines.points), y = range(lines.y, lines.points);
  const Float wide = x.most - x.least, high = y.most - y.least;
  const Float longest = most_of(most_of(wide, high), 1e-3f);
  pen = least_of(pen, fullest_radius(lines, wide, high, blots ? 2.0f : 0.7f));
  const Float radius = least_of(pen, kBox / 5);
  Float scale = (kBox - 2 * pen) / longest;
  const auto extent = [&](Range r) {
    return (r.most * scale + radius) - (r.least * scale - radius);
  };
  for (int round = 0; round < 2; ++round) {
    scale = scale + (kBox - most_of(extent(x), extent(y))) / longest;
  }
  const auto middle = [&](Range r) {
    return (kBox - ((r.most * scale + radius) + (r.least * scale - radius))) * 0.5f;
  };
  const Float across = middle(x), down = middle(y);
  int16_t places[3 * kMostPoints];
  for (int i = 0; i < lines.points; ++i) {
    places[3 * i] = placed(lines.x[i] * scale + across);
    places[3 * i + 1] = placed(lines.y[i] * scale + down);
    places[3 * i + 2] = placed(radius);
  }
  const int32_t gain = whole(kUnit / (0.7f + 0.6f * u[2]));
  const sn_lines drawing{places, lines.lifts, &gain, 1, lines.points, kBox, kSize};
  return sn_draw_lines(&drawing, picture, error);
}

}  // namespace sn
