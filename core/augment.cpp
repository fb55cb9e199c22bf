// The layers' parameters, drawn for one image, and what is done with them.
#include "augment.h"

#include "lanes.h"
#include "network.h"
#include "random.h"
#include "resample.h"
#include "text.h"

namespace sn {
namespace {

constexpr int32_t kMostRadius = 640;  // of the elastic blur; 0.15 of the largest side

int32_t rounded(double value) {
  return static_cast<int32_t>(value < 0 ? value - 0.5 : value + 0.5);
}
uint8_t pixel_of(double value) {
  return static_cast<uint8_t>(value <= 0 ? 0 : value >= 255 ? 255 : rounded(value));
}

bool moves(const Augmentation& a) { return a.kind <= kElastic; }
bool same_filling(const Augmentation& a, const Augmentation& b) {
  return a.fill_mode == b.fill_mode && a.nearest == b.nearest &&
         (a.fill_mode != kConstant || a.fill_value == b.fill_value);
}
// Flips and crops put every pixel of the result on one of the image: they read nothing outside.
bool reads_outside(const Augmentation& a) { return a.kind != kFlip && a.kind != kCrop; }

Affine after(const Affine& first, const Affine& then) {
  Affine made;
  made.xx = times(first.xx, then.xx) + times(first.xy, then.yx);
  made.xy = times(first.xx, then.xy) + times(first.xy, then.yy);
  made.x0 = times(first.xx, then.x0) + times(first.xy, then.y0) + first.x0;
  made.yx = times(first.yx, then.xx) + times(first.yy, then.yx);
  made.yy = times(first.yx, then.xy) + times(first.yy, then.yy);
  made.y0 = times(first.yx, then.x0) + times(first.yy, then.y0) + first.y0;
  return made;
}

Affine affine_of(const Augmentation& a, Draws& draws) {
  const double width = a.in.width, height = a.in.height;
  Affine map;
  switch (a.kind) {
    case kFlip: {
      const uint64_t word = draws.word();
      if (a.horizontal && word & 1) map.xx = -1, map.x0 = width - 1;
      if (a.vertical && word & 2) map.yy = -1, map.y0 = height - 1;
      return map;
    }
    case kTranslation:
      map.y0 = -times(draws.between(a.low[0], a.high[0]), height);
      map.x0 = -times(draws.between(a.low[1], a.high[1]), width);
      return map;
    case kRotation: {
      const Direction d = direction_of(draws.between(a.low[0], a.high[0]));
      map.xx = map.yy = d.cosine;
      map.xy = -d.sine;
      map.yx = d.sine;
      map.x0 = (width - 1 - (times(d.cosine, width - 1) - times(d.sine, height - 1))) / 2;
      map.y0 = (height - 1 - (times(d.sine, width - 1) + times(d.cosine, height - 1))) / 2;
      return map;
    }
    case kZoom:
      map.yy = 1 + draws.between(a.low[0], a.high[0]);
      map.xx = a.same_factor ? map.yy : 1 + draws.between(a.low[1], a.high[1]);
      map.y0 = times((height - 1) / 2, 1 - map.yy);
      map.x0 = times((width - 1) / 2, 1 - map.xx);
      return map;
    case kShear: {
      const double sign = draws.word() & 1 ? -1 : 1;
      map.xy = sign * draws.between(a.low[0], a.high[0]);
      map.yx = sign * draws.between(a.low[1], a.high[1]);
      return map;
    }
    case kCrop:
      map.y0 =
          static_cast<double>(draws.word() % static_cast<uint64_t>(a.in.height - a.out.height + 1));
      map.x0 =
          static_cast<double>(draws.word() % static_cast<uint64_t>(a.in.width - a.out.width + 1));
      return map;
  }
  return map;
}

// Sums along one axis of an image of whole numbers, zeros around it; weights in 2^-12.
void blur(const int32_t* from, int32_t* to, Shape shape, int32_t step, int32_t length,
          const int32_t* weights, int32_t radius) {
  const int32_t lines = shape.width * shape.height / length, across = step == 1 ? shape.width : 1;
  for (int32_t line = 0; line < lines; ++line) {
    const int32_t* source = from + line * across;
    int32_t* target = to + line * across;
    for (int32_t i = 0; i < length; ++i) {
      int32_t sum = 0;
      const int32_t first = i < radius ? -i : -radius;
      const int32_t last = length - 1 - i < radius ? length - 1 - i : radius;
      for (int32_t k = first; k <= last; ++k) {
        sum += source[(i + k) * step] * weights[k < 0 ? -k : k];
      }
      target[i * step] = (sum + 2048) >> 12;
    }
  }
}

// Keras's elastic transform: noise blurred with sigma, times sigma and alpha. Adds to the field.
void add_elastic(const Augmentation& a, Draws& draws, Shape shape, int32_t* field) {
  const double probability = draws.between(a.low[0], a.high[0]);
  if (draws.uniform() >= probability) return;
  const double size = draws.between(a.low[1], a.high[1]);
  const int32_t longer = shape.width > shape.height ? shape.width : shape.height;
  const int32_t shorter = shape.width > shape.height ? shape.height : shape.width;
  const double alpha = times(longer * 0.1, size), sigma = times(shorter * 0.05, size);
  if (sigma <= 0) return;
  int32_t radius = 3 * static_cast<int32_t>(sigma);
  if (radius > kMostRadius) radius = kMostRadius;
  int32_t weights[kMostRadius + 1];
  double exact[kMostRadius + 1], sum = 0;
  for (int32_t k = 0; k <= radius; ++k) {
    exact[k] = exp_of(-times(k / sigma, k / sigma) / 2);
    sum += k ? 2 * exact[k] : 1;
  }
  for (int32_t k = 0; k <= radius; ++k) weights[k] = rounded(exact[k] / sum * 4096);
  // Of the sum of four numbers below 2^16, and in 2^-8 pixels.
  const int64_t scale =
      static_cast<int64_t>(times(times(sigma, alpha), 256 / 37837.2) * 0x1p20 + 0.5);
  const int32_t area = shape.width * shape.height;
  int32_t* noise = field + 2 * area;
  int32_t* half = noise + area;
  for (int axis = 0; axis < 2; ++axis) {
    for (int32_t i = 0; i < area; ++i) {
      const uint64_t four = draws.word();
      noise[i] = static_cast<int32_t>((four & 0xFFFF) + (four >> 16 & 0xFFFF) +
                                      (four >> 32 & 0xFFFF) + (four >> 48)) -
                 2 * 65535;
    }
    blur(noise, half, shape, 1, shape.width, weights, radius);
    blur(half, noise, shape, shape.width, shape.height, weights, radius);
    for (int32_t i = 0; i < area; ++i) {
      const int64_t moved = field[axis * area + i] + (noise[i] * scale >> 20);
      field[axis * area + i] = static_cast<int32_t>(moved < -16384  ? -16384
                                                    : moved > 16384 ? 16384
                                                                    : moved);
    }
  }
}

struct Rectangle {
  int32_t top, left, bottom, right;
};

// The pixels of a side from a random place on, a fraction of the side long.
void draw_side(Draws& draws, int32_t side, double fraction, int32_t& first, int32_t& last) {
  const double length = times(fraction, side), start = times(draws.uniform(), side - length);
  const double end = start + length;
  first = static_cast<int32_t>(__builtin_ceil(start));
  last = static_cast<int32_t>(__builtin_ceil(end));
  if (last > side) last = side;
}

void erase(const Augmentation& a, Draws& draws, uint8_t* image) {
  const double probability = draws.between(a.low[0], a.high[0]);
  if (draws.uniform() >= probability) return;
  Rectangle r;
  const double across = __builtin_sqrt(draws.between(a.low[1], a.high[1]));
  const double down = __builtin_sqrt(draws.between(a.low[1], a.high[1]));
  draw_side(draws, a.in.width, across, r.left, r.right);
  draw_side(draws, a.in.height, down, r.top, r.bottom);
  const int32_t c = a.in.channels;
  for (int32_t y = r.top; y < r.bottom; ++y) {
    uint8_t* row = image + int64_t{y} * a.in.width * c;
    for (int32_t i = r.left * c; i < r.right * c; ++i) {
      double value = a.fill_value;
      if (a.noise) value = times(draws.normal(), a.most);
      row[i] = pixel_of(value < a.least ? a.least : value > a.most ? a.most : value);
    }
  }
}

// One table of 256 pixels for each channel: x -> x factor + shift, within the range of values.
void map_values(const Augmentation& a, Draws& draws, uint8_t* image) {
  const int32_t c = a.in.channels;
  const int64_t area = int64_t{a.in.width} * a.in.height;
  const double drawn = draws.between(a.low[0], a.high[0]);
  uint8_t table[256];
  for (int32_t k = 0; k < c; ++k) {
    if (k == 0 || a.kind == kContrast) {
      double factor = 1, shift = times(drawn, a.most - a.least);
      if (a.kind == kContrast) {
        int64_t sum = 0;
        for (int64_t i = 0; i < area; ++i) sum += image[i * c + k];
        const double mean = static_cast<double>(sum) / static_cast<double>(area);
        factor = drawn;
        shift = mean - times(mean, factor);
      }
      for (int32_t v = 0; v < 256; ++v) {
        const double value = times(v, factor) + shift;
        table[v] = pixel_of(value < a.least ? a.least : value > a.most ? a.most : value);
      }
    }
    for (int64_t i = 0; i < area; ++i) image[i * c + k] = table[image[i * c + k]];
  }
}

// From null on, it measures.
template <class T>
T* take(uint8_t*& memory, int64_t count) {
  T* at = reinterpret_cast<T*>(memory);
  const int64_t bytes = (count * static_cast<int64_t>(sizeof(T)) + 127) / 128 * 128;
  memory = reinterpret_cast<uint8_t*>(reinterpret_cast<uintptr_t>(memory) + bytes);
  return at;
}

}  // namespace

AugmentMemory::AugmentMemory(const Plan& plan, uint8_t* memory) {
  const Shape s = plan.image.shape, made_shape = plan.tensors[0].shape;
  bool elastic = false;
  for (int32_t i = 0; i < plan.augmentation_count; ++i) {
    elastic = elastic || plan.augmentations[i].kind == kElastic;
  }
  corners = take<int32_t>(memory, int64_t{s.height + 2} * (s.width + 2) * s.channels);
  field = take<int32_t>(memory, elastic ? 4 * int64_t{s.height} * s.width : 0);
  for (uint8_t*& image : work) image = take<uint8_t>(memory, s.size());
  for (uint8_t*& row : rows) row = take<uint8_t>(memory, int64_t{s.width + 3} * s.channels);
  partner = take<uint8_t>(memory, made_shape.size());
  made = take<uint8_t>(memory, plan.batch_size ? kLanes * made_shape.size() : 0);
  end = memory;
}

int64_t augmentation_bytes(const Plan& plan) {
  if (!plan.augmentation_count) return 0;
  const AugmentMemory memory(plan, nullptr);
  return reinterpret_cast<intptr_t>(memory.end);
}

void augment(const Plan& plan, uint64_t key, const uint8_t* image, const AugmentMemory& memory,
             uint8_t* out) {
  const uint8_t* now = image;
  Shape shape = plan.image.shape;
  int turn = 0;
  for (int32_t i = 0; i < plan.augmentation_count;) {
    const Augmentation& first = plan.augmentations[i];
    if (first.kind >= kMixUp) {
      ++i;
      continue;
    }
    uint8_t* to = memory.work[turn];
    turn ^= 1;
    if (!moves(first)) {
      __builtin_memcpy(to, now, static_cast<__SIZE_TYPE__>(shape.size()));
      for (; i < plan.augmentation_count && !moves(plan.augmentations[i]); ++i) {
        const Augmentation& a = plan.augmentations[i];
        if (a.kind >= kMixUp) continue;
        Draws draws(key, i);
        a.kind == kErasing ? erase(a, draws, to) : map_values(a, draws, to);
      }
      now = to;
      continue;
    }
    Affine map;
    const Augmentation* filled = nullptr;
    bool bent = false;
    Shape made = shape;
    int32_t last = i;
    for (; last < plan.augmentation_count && moves(plan.augmentations[last]); ++last) {
      const Augmentation& a = plan.augmentations[last];
      if (reads_outside(a)) {
        if (filled && !same_filling(*filled, a)) break;
        filled = &a;
      }
      made = a.out;
    }
    const int64_t area = int64_t{made.width} * made.height;
    for (; i < last; ++i) {
      const Augmentation& a = plan.augmentations[i];
      Draws draws(key, i);
      if (a.kind != kElastic) {
        map = after(map, affine_of(a, draws));
        continue;
      }
      if (!bent) __builtin_memset(memory.field, 0, static_cast<__SIZE_TYPE__>(8 * area));
      bent = true;
      add_elastic(a, draws, made, memory.field);
    }
    Filling filling = {kNearest, false, 0};
    if (filled) filling = {filled->fill_mode, filled->nearest, pixel_of(filled->fill_value)};
    find_corners(now, shape, filling, memory.rows, memory.corners);
    resample(memory.corners, shape, made, map, bent ? memory.field : nullptr, filling, to);
    now = to;
    shape = made;
  }
  __builtin_memcpy(out, now, static_cast<__SIZE_TYPE__>(plan.tensors[0].shape.size()));
}

Mixing mixing_of(const Plan& plan, uint64_t key) {
  Mixing mixing;
  int32_t found[2] = {}, count = 0;
  for (int32_t i = 0; i < plan.augmentation_count; ++i) {
    if (plan.augmentations[i].kind >= kMixUp && count < 2) found[count++] = i;
  }
  if (!count) return mixing;
  Draws choice(key, kMaxAugmentations);
  mixing.partner = choice.word();
  const int32_t place = found[count == 2 && choice.word() & 1];
  const Augmentation& a = plan.augmentations[place];
  const Shape shape = plan.tensors[0].shape;
  Draws draws(key, place);
  mixing.kind = a.kind;
  const double own = draws.beta(draws.between(a.low[0], a.high[0]) + 1e-6);
  if (a.kind == kMixUp) {
    mixing.weight = rounded((1 - own) * 256);
    mixing.part = static_cast<float>(mixing.weight) / 256;
    return mixing;
  }
  const double side = __builtin_sqrt(1 - own);
  draw_side(draws, shape.width, side, mixing.left, mixing.right);
  draw_side(draws, shape.height, side, mixing.top, mixing.bottom);
  mixing.part = static_cast<float>((mixing.right - mixing.left) * (mixing.bottom - mixing.top)) /
                static_cast<float>(shape.width * shape.height);
  return mixing;
}

void mix(const Mixing& mixing, Shape shape, const uint8_t* other, uint8_t* image) {
  if (mixing.kind == kMixUp) {
    for (int64_t i = 0; i < shape.size(); ++i) {
      image[i] = static_cast<uint8_t>(
          (image[i] * (256 - mixing.weight) + other[i] * mixing.weight + 128) >> 8);
    }
    return;
  }
  const int64_t row = int64_t{shape.width} * shape.channels;
  for (int32_t y = mixing.top; y < mixing.bottom; ++y) {
    for (int64_t i = int64_t{mixing.left} * shape.channels;
         i < int64_t{mixing.right} * shape.channels; ++i) {
      image[y * row + i] = other[y * row + i];
    }
  }
}

}  // namespace sn

using namespace sn;

extern "C" sn_status sn_augment(const sn_network* network, const uint8_t* images, int64_t count,
                                uint64_t seed, uint64_t epoch, const int64_t* identities,
                                uint8_t* out, char* error) {
  if (!network || !images || !out || count < 0) {
    Line(error) << "network, images or the place for them are missing";
    return SN_INVALID;
  }
  const Plan& plan = network->plan;
  if (!plan.augmentation_count) {
    Line(error) << "the network has no random layers";
    return SN_INVALID;
  }
  const AugmentMemory memory(plan, network->augmented);
  for (int64_t i = 0; i < count; ++i) {
    const uint64_t identity = static_cast<uint64_t>(identities ? identities[i] : i);
    augment(plan, image_key(seed, epoch, identity), images + i * plan.image.shape.size(), memory,
            out + i * plan.tensors[0].shape.size());
  }
  return SN_OK;
}
