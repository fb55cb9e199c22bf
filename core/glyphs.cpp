// Pseudo-characters, which train the out-of-distribution detector: composed ones, of stems, bars,
// diagonals, bowls, arches and ovals that meet on a common grid, signs with other parts, too, and ones of
// random strokes.
#include "pen.h"
#include "text.h"

namespace sn {
namespace {

// Characters by their parts, each as frequent as the others: see `part`.
constexpr const char* kCompositions[] = {
    "sb", "sbb", "sbbb", "ssb", "ss", "sw",  "sww", "swd", "sd", "sdd", "dd", "ddb", "ddd", "dddd",
    "os", "ob",  "od",   "osb", "c",  "cs",  "cc",  "csc", "sc", "w",   "wb", "ww",  "bbd", "bc",
    "wc", "ws",  "wd",   "sbd", "bb", "bbb", "db",  "dbb", "cb", "oo",  "oc", "ow"};

// Signs, likewise: of hooks, dots, zigzags, polygons and open ovals, too.
constexpr const char* kSigns[] = {"h",   "hb", "hs", "hh", "hp",  "sp",  "hbp", "z",   "zb", "zz",
                                  "zs",  "g",  "gb", "gs", "gg",  "gp",  "gd",  "k",   "kb", "ks",
                                  "kk",  "kp", "kd", "kh", "kbp", "kpp", "gsb", "gpp", "hd", "hw",
                                  "hsb", "zp", "zw", "gw", "kw",  "ksb", "sbp", "wh",  "cp", "ch"};

// Half a turn and a whole one in steps of 30 degrees, as constants: sines are rounded differently.
constexpr Float kSine[] = {0,     0.5f,        0.8660254f, 1,           0.8660254f, 0.5f, 0,
                           -0.5f, -0.8660254f, -1,         -0.8660254f, -0.5f,      -0.0f};
constexpr Float kCosine[] = {-1,         -0.8660254f, -0.5f, 0,     0.5f,        0.8660254f, 1,
                             0.8660254f, 0.5f,        -0.0f, -0.5f, -0.8660254f, -1};

// Ends on the grid: x0, y0, x1, y1.
constexpr Float kLong[][4] = {{0, 0, 1, 1},    {1, 0, 0, 1},    {0, 0, 0.5f, 1},
                              {1, 0, 0.5f, 1}, {0.5f, 0, 0, 1}, {0.5f, 0, 1, 1}};
constexpr Float kShort[][4] = {{0, 0.5f, 1, 1},    {1, 0, 0, 0.5f}, {0, 0, 0.5f, 0.5f},
                               {1, 0, 0.5f, 0.5f}, {0, 0.5f, 1, 0}, {0.5f, 0.5f, 1, 1}};
constexpr Float kHalves[][2] = {{0, 0.5f}, {0.5f, 1}, {0, 1}};
constexpr Float kExtents[][2] = {{0, 1}, {0, 1}, {0.5f, 1}, {0, 0.5f}};
constexpr Float kStems[] = {0, 0, 0.5f, 1}, kBars[] = {0, 0.25f, 0.5f, 0.75f, 1};
constexpr Float kDots[] = {0, 0.25f, 0.5f, 1};
constexpr Float kLow[] = {0.5f, 1}, kHigh[] = {0, 0.5f};

template <class T, int count>
const T& chosen(Float u, const T (&choices)[count]) {
  return choices[whole(u * count)];
}

void straight(Stroke& s, Float x0, Float y0, Float x1, Float y1) {
  s.points = 3;
  const Float x[] = {x0, (x0 + x1) * 0.5f, x1}, y[] = {y0, (y0 + y1) * 0.5f, y1};
  for (int i = 0; i < 3; ++i) s.x[i] = x[i], s.y[i] = y[i];
}

// One part: a stem, a bar, a diagonal, a bowl to a side, an arch up or down, a closed oval; of signs also
// a hook, a dot, a zigzag, a polygon or an open oval.
Stroke part(char kind, Noise& noise) {
  Stroke s;
  Float u[4];
  const auto across = [](const Float(&span)[2], Float place) {
    const Float half = (span[1] - span[0]) * 0.5f;
    return span[0] + half + half * place;
  };
  if (kind == 's') {
    noise.uniform(3, u);
    const Float x = chosen(u[0], kStems), lean = (u[2] - 0.5f) * 0.12f;
    const auto& span = chosen(u[1], kExtents);
    straight(s, x - lean, span[0], x + lean, span[1]);
  } else if (kind == 'b') {
    noise.uniform(2, u);
    const Float y = chosen(u[0], kBars);
    const auto& span = chosen(u[1], kExtents);
    straight(s, span[0], y, span[1], y);
  } else if (kind == 'd') {
    noise.uniform(3, u);
    const auto& ends = u[2] < 0.5f ? chosen(u[0], kLong) : chosen(u[1], kShort);
    straight(s, ends[0], ends[1], ends[2], ends[3]);
  } else if (kind == 'w') {
    noise.uniform(3, u);
    const auto& span = chosen(u[0], kHalves);
    const bool right = u[1] < 0.7f;
    const Float reach = 0.6f + 0.4f * u[2], base = right ? 0 : 1;
    for (s.points = 0; s.points < 7; ++s.points) {
      s.x[s.points] = base + (right ? reach : -reach) * kSine[s.points];
      s.y[s.points] = across(span, kCosine[s.points]);
    }
  } else if (kind == 'c') {
    noise.uniform(4, u);
    const auto& span = chosen(u[0], kHalves);
    const bool up = u[1] < 0.5f;
    const Float base = up ? chosen(u[2], kLow) : chosen(u[2], kHigh);
    const Float reach = 0.3f + 0.3f * u[3];
    for (s.points = 0; s.points < 7; ++s.points) {
      s.x[s.points] = across(span, kCosine[s.points]);
      s.y[s.points] = base + (up ? -reach : reach) * kSine[s.points];
    }
  } else if (kind == 'h') {  // a stem, then a quarter to half of an oval
    noise.uniform(4, u);
    const Float x = chosen(u[0], kStems), half = 0.2f + 0.2f * u[3];
    const bool below = u[1] < 0.5f, right = u[2] < 0.5f;
    for (s.points = 0; s.points < 7; ++s.points) {
      const int k = s.points - 1;  // -1: the stem's end
      const Float out = k < 0 ? Float(0) : half + half * kCosine[k];
      const Float down = k < 0 ? Float(0) : 0.65f + 0.35f * kSine[k];
      s.x[s.points] = right ? x + out : x - out;
      s.y[s.points] = below ? down : 1 - down;
    }
  } else if (kind == 'p') {  // a dot
    noise.uniform(2, u);
    const Float x = chosen(u[0], kStems), y = chosen(u[1], kDots);
    straight(s, x, y, x + 0.02f, y);
  } else if (kind == 'z') {  // from side to side, downwards
    noise.uniform(4, u);
    s.points = 3 + whole(u[0] * 3);
    const bool across_first = u[2] < 0.5f;
    for (int k = 0; k < s.points; ++k) {
      const Float step = Float(k) / Float(s.points - 1),
                  edge = (k % 2 == 0) == (u[1] < 0.5f) ? 0 : 1;
      s.x[k] = across_first ? step : edge, s.y[k] = across_first ? edge : step, s.corner[k] = 1;
    }
    if (u[3] < 0.5f) s.y[1] = s.y[0];
  } else if (kind == 'g') {  // a polygon of three to six corners
    noise.uniform(3, u);
    const int corners = 3 + whole(u[0] * 4), step = 12 / corners, turn = whole(u[1] * 12);
    const auto& span = chosen(u[2], kHalves);
    for (s.points = 0; s.points <= corners; ++s.points) {
      const int place = (turn + s.points % corners * step) % 12;
      s.x[s.points] = 0.5f + 0.5f * kSine[place];
      s.y[s.points] = across(span, kCosine[place]);
      s.corner[s.points] = 1;
    }
  } else if (kind == 'k') {  // an open oval
    noise.uniform(3, u);
    const auto& span = chosen(u[0], kHalves);
    const int turn = whole(u[1] * 12), gap = 2 + whole(u[2] * 4);
    for (s.points = 0; s.points <= 12 - gap; ++s.points) {
      const int place = (turn + s.points) % 12;
      s.x[s.points] = 0.5f + 0.42f * kSine[place];
      s.y[s.points] = across(span, kCosine[place]);
    }
  } else {
    noise.uniform(2, u);
    const auto& span = chosen(u[0], kHalves);
    const Float wide = 0.3f + 0.2f * u[1];
    for (s.points = 0; s.points < 13; ++s.points) {
      s.x[s.points] = 0.5f + wide * kSine[s.points];
      s.y[s.points] = across(span, kCosine[s.points]);
    }
  }
  return s;
}

void compose(const char* parts, Noise& noise, Lines& lines) {
  Float width;
  noise.uniform(1, &width);
  width += 0.9f;
  for (; *parts; ++parts) {
    Stroke s = part(*parts, noise);
    Float shake[2 * kMostControl];
    noise.normal(2 * s.points, shake);
    for (int i = 0; i < s.points; ++i) {
      s.x[i] += shake[i] * 0.04f;
      s.y[i] += shake[s.points + i] * 0.04f;
    }
    add(lines, s, width);
  }
  Float slant;  // a writer's
  noise.normal(1, &slant);
  slant = slant * 0.2f + 0.05f;
  for (int i = 0; i < lines.points; ++i) lines.x[i] = lines.x[i] - slant * (lines.y[i] - 1);
}

// Characters by their strokes: a part of an ellipse (0), or so many points of a grid. The last ones
// are drawn with pens so thick that lines run together.
constexpr int kMostStrokes = 4;
struct Kind {
  int strokes, points[kMostStrokes];
};
constexpr Kind kKinds[] = {
    {1, {3}},       {1, {4}},    {1, {5}},          {1, {7}},       {2, {2, 2}},    {2, {3, 2}},
    {3, {2, 2, 2}}, {2, {3, 3}}, {4, {2, 2, 2, 2}}, {2, {4, 3}},    {1, {8}},       {3, {3, 3, 2}},
    {1, {0}},       {1, {0}},    {2, {0, 2}},       {2, {2, 0}},    {2, {0, 2}},    {2, {2, 0}},
    {2, {0, 0}},    {2, {0, 3}}, {2, {3, 0}},       {3, {0, 2, 2}}, {3, {2, 0, 2}}, {3, {0, 0, 0}},
    {1, {14}},      {1, {22}},   {4, {0, 0, 0, 0}}, {1, {0}}};
constexpr int kTangles = 4;

// sin(k · 11.25°), k = 0 … 8.
constexpr Float kQuarter[] = {0.0f,         0.195090322f, 0.382683432f, 0.555570233f, 0.707106781f,
                              0.831469612f, 0.923879533f, 0.980785280f, 1.0f};

Float circle(int place) {
  const int half = place % 16, k = half > 8 ? 16 - half : half;
  return place % 32 < 16 ? kQuarter[k] : -kQuarter[k];
}

// Points near those of a 3 × 5 grid in 0 … 1, neighbours all different.
Stroke grid(int points, Noise& noise) {
  Stroke s;
  s.points = points;
  Float u[2 * kMostControl], shake[2 * kMostControl];
  noise.uniform(2 * points, u);
  int row = 0, column = -1;
  noise.normal(2 * points, shake);
  for (int k = 0; k < points; ++k) {
    const int before = row, beside = column;
    column = whole(u[k] * 3), row = whole(u[points + k] * 5);
    if (column == beside && row == before) row = (row + 2) % 5;
    s.x[k] = Float(static_cast<float>(column)) * 0.5f + 0.08f * shake[k];
    s.y[k] = Float(static_cast<float>(row)) * 0.25f + 0.06f * shake[points + k];
  }
  return s;
}

// An arc of an ellipse, from a fifth to nearly all, full height or in one half.
Stroke arc(Noise& noise) {
  Stroke s;
  s.points = 7;
  Float u[6], shake[14];
  noise.uniform(6, u);
  const int start = whole(u[0] * 32), step = 1 + whole(u[1] * 5);
  const Float wide = 0.25f + 0.25f * u[3], high = u[4] < 0.5f ? 0.5f : 0.28f;
  const Float middle = u[5] < 0.5f ? high : 1 - high;
  noise.normal(14, shake);
  for (int k = 0; k < 7; ++k) {
    const int place = start + 64 + (u[2] < 0.5f ? -step : step) * k;
    s.x[k] = 0.5f + wide * circle(place + 8) + shake[k] * 0.02f;
    s.y[k] = middle + high * circle(place) + shake[7 + k] * 0.02f;
  }
  return s;
}

void scribble(const Kind& kind, Noise& noise, Lines& lines) {
  Float width;
  noise.uniform(1, &width);
  width = 0.9f + 1.3f * width;
  Stroke first;
  for (int k = 0; k < kind.strokes; ++k) {
    const bool is_arc = kind.points[k] == 0;
    Stroke s = is_arc ? arc(noise) : grid(kind.points[k], noise);
    Float u[kMostControl + 1];
    if (k > 0) {  // most later strokes begin or end on a point of the first
      noise.uniform(3, u);
      const int point = whole(u[0] * Float(static_cast<float>(first.points)));
      const int end = u[1] < 0.5f ? 0 : s.points - 1;
      const Float dx = first.x[point] - s.x[end], dy = first.y[point] - s.y[end];
      for (int i = 0; i < s.points && u[2] < 0.6f; ++i) s.x[i] += dx, s.y[i] += dy;
    } else {
      first = s;
    }
    noise.uniform(s.points + 1, u);
    for (int i = 0; i < s.points; ++i) s.corner[i] = u[i + 1] < 0.9f * u[0] && !is_arc;
    add(lines, s, width);
  }
}

}  // namespace
}  // namespace sn

extern "C" sn_status sn_draw_glyphs(uint64_t seed, int32_t glyphs, int64_t count, uint8_t* pictures,
                                    char error[SN_ERROR_BYTES]) {
  constexpr int kCount = sizeof sn::kKinds / sizeof sn::kKinds[0];
  constexpr int kComposed = sizeof sn::kCompositions / sizeof sn::kCompositions[0];
  if (glyphs < 0 || glyphs > 2) {
    sn::Line(error) << "unknown kind of characters: expected 0 to 2, got " << glyphs;
    return SN_INVALID;
  }
  constexpr int kAll[] = {kCount, kComposed, sizeof sn::kSigns / sizeof sn::kSigns[0]};
  // Streams of their own: the digits have others.
  const uint64_t stream = 3'000'000 + 1'000'000 * static_cast<uint64_t>(glyphs);
  for (int64_t i = 0; i < count; ++i) {
    const int kind = static_cast<int>(i % kAll[glyphs]);
    sn::Noise noise(seed, stream + static_cast<uint64_t>(kind), static_cast<uint64_t>(i));
    sn::Lines lines;
    glyphs ? sn::compose((glyphs == 1 ? sn::kCompositions : sn::kSigns)[kind], noise, lines)
           : sn::scribble(sn::kKinds[kind], noise, lines);
    const bool blots = !glyphs && kind >= kCount - sn::kTangles;
    uint8_t* picture = pictures + i * sn::kSize * sn::kSize;
    if (sn::draw(lines, noise, blots, picture, error) != SN_OK) return SN_INVALID;
  }
  return SN_OK;
}
