// Dropout and Rescaling on a slab.
//
// Whether a value is dropped is a hash of (seed, step, layer, place of the image in the batch, place of
// the value): the same for any number of threads and any lane count, and made again on the way back.
#pragma once

#include "activation.h"
#include "../order.h"

namespace sn {

typedef uint32_t UnsignedLanes
    __attribute__((vector_size(kLanes * 4), aligned(kLanes * 4)));

struct DropoutKey {
  uint32_t key;
  int32_t threshold;  // of 2^24
  float scale;
  UnsignedLanes images;

  DropoutKey(const Operation& op, uint64_t seed, uint64_t step, int64_t first_image) {
    const uint64_t mixed = mix64(mix64(seed + kGolden) + step * kGolden +
                                 static_cast<uint64_t>(op.layer + 1) * 0xD1B54A32D192ED03u);
    key = static_cast<uint32_t>(mixed >> 32);
    threshold = static_cast<int32_t>(op.rate * 16777216.0f);
    scale = 1.0f / (1.0f - op.rate);
    for (int i = 0; i < kLanes; ++i) {
      images[i] = mix32(static_cast<uint32_t>(first_image + i), static_cast<uint32_t>(mixed));
    }
  }

  // value * scale where it is kept, 0 where it is dropped.
  Lanes operator()(Lanes value, uint32_t place) const {
    UnsignedLanes h = (images ^ (place * 0x9E3779B1u + key)) * 0x9E3779B1u;
    h = (h ^ (h >> 15)) * 0x85EBCA77u;
    h = (h ^ (h >> 13)) * 0xC2B2AE3Du;
    h = h ^ (h >> 16);
    const IntLanes low = __builtin_bit_cast(IntLanes, h >> 8);
    return low < IntLanes{} + threshold ? Lanes{} : value * scale;
  }
};

// `key` null: nothing is dropped.
inline void dropout_forward(const Site<Lanes>& site, const DropoutKey* key) {
  const Rows<Lanes> x = site.x(), y = site.y();
  for (int r = 0; r < site.op.in.height; ++r) {
    for (int64_t i = 0; i < site.in_row(); ++i) {
      const uint32_t place = static_cast<uint32_t>(r * site.in_row() + i);
      y.row(r)[i] = key ? (*key)(x.row(r)[i], place) : x.row(r)[i];
    }
    activate_row(y.row(r), site.in_row(), site.out.activation, site.out.alpha);
  }
}

inline void dropout_backward(const Site<Lanes>& site, const DropoutKey* key) {
  const Rows<Lanes> x = site.x(), dx = site.dx(), dy = site.dy();
  for (int r = 0; r < site.op.in.height; ++r) {
    for (int64_t i = 0; i < site.in_row(); ++i) {
      const uint32_t place = static_cast<uint32_t>(r * site.in_row() + i);
      const Lanes through = key ? (*key)(dy.row(r)[i], place) : dy.row(r)[i];
      dx.row(r)[i] = through * slope(x.row(r)[i], site.in.activation, site.in.alpha);
    }
  }
}

// y = x scale + offset
template <class T>
inline void rescaling_forward(const Site<T>& site, float scale, float offset) {
  const Rows<T> x = site.x(), y = site.y();
  for (int r = 0; r < site.op.in.height; ++r) {
    for (int64_t i = 0; i < site.in_row(); ++i) y.row(r)[i] = x.row(r)[i] * scale + offset;
    activate_row(y.row(r), site.in_row(), site.out.activation, site.out.alpha);
  }
}

inline void rescaling_backward(const Site<Lanes>& site) {
  const Rows<Lanes> x = site.x(), dx = site.dx(), dy = site.dy();
  for (int r = 0; r < site.op.in.height; ++r) {
    for (int64_t i = 0; i < site.in_row(); ++i) {
      dx.row(r)[i] = dy.row(r)[i] * site.op.scale *
                     slope(x.row(r)[i], site.in.activation, site.in.alpha);
    }
  }
}

}  // namespace sn
