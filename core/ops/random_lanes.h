// Random numbers of the layers that act in training alone.
//
// Each is a hash of (seed, step, layer, place of the image in the batch, place of the value): the same for
// any number of threads and any lane count, in every build, and made again on the way back.
#pragma once

#include "../order.h"
#include "operator.h"

namespace sn {

typedef uint32_t UnsignedLanes __attribute__((vector_size(kLanes * 4), aligned(kLanes * 4)));

struct RandomLanes {
  uint32_t key;
  UnsignedLanes images;

  RandomLanes(const Operation& op, const Pass& pass) {
    const uint64_t mixed = mix64(mix64(pass.seed + kGolden) + pass.step * kGolden +
                                 static_cast<uint64_t>(op.node + 1) * 0xD1B54A32D192ED03u);
    key = static_cast<uint32_t>(mixed >> 32);
    for (int i = 0; i < kLanes; ++i) {
      images[i] = mix32(static_cast<uint32_t>(pass.first_image + i), static_cast<uint32_t>(mixed));
    }
  }

  UnsignedLanes operator()(uint32_t place) const {
    UnsignedLanes h = (images ^ (place * 0x9E3779B1u + key)) * 0x9E3779B1u;
    h = (h ^ (h >> 15)) * 0x85EBCA77u;
    h = (h ^ (h >> 13)) * 0xC2B2AE3Du;
    return h ^ (h >> 16);
  }
};

}  // namespace sn
