// Augmentation: what the random layers at the head of a network make of an image while it trains.
//
// A function of the plan and of the key of (seed, epoch, image) alone, in whole numbers: the same bytes
// for any number of threads, any batch and any processor. Layers that move pixels and follow each other
// are one resampling.
#pragma once

#include "gather.h"
#include "plan.h"

namespace sn {

// False in exported pages, which train without it.
#if defined(SN_PAGE)
inline constexpr bool kAugments = false;
#else
inline constexpr bool kAugments = true;
#endif

// The memory of one thread, of `augmentation_bytes`.
struct AugmentMemory {
  int32_t* corners;  // of the image being resampled: four neighbours a word
  int32_t* field;    // displacements, and the noise they are made of
  uint8_t* work[2];  // images between layers
  uint8_t* rows[2];  // with a border
  uint8_t* partner;  // the image that another is mixed with
  uint8_t* made;     // a slab of images
  uint8_t* end;

  AugmentMemory(const Plan& plan, uint8_t* memory);
};

int64_t augmentation_bytes(const Plan& plan);

// Where the pixels of the images are that a network takes: as the host gives them, or augmented.
inline PixelLayout layout_of(const Plan& plan) {
  const Shape s = plan.image.shape;
  const int64_t row = int64_t{s.width} * s.channels;
  return {s.size(), row, plan.crop_top * row + int64_t{plan.crop_left} * s.channels};
}

// Writes the image that training sees, of the shape of the first tensor.
void augment(const Plan& plan, uint64_t key, const uint8_t* image, const AugmentMemory& memory,
             uint8_t* out);

// The image as its node's output: h w c floats. Returns the end.
inline float* put_pixels(const Plan& plan, const uint8_t* image, float* to) {
  const PixelLayout layout = layout_of(plan);
  const Shape shape = plan.tensors[0].shape;
  const int64_t row = int64_t{shape.width} * shape.channels;
  gather_one(image, layout, shape, 1.0f, 0.0f, {to, row});
  return to + shape.size();
}

// How an image is mixed with another: by weight, or within a rectangle.
struct Mixing {
  int32_t kind = -1;   // kMixUp, kCutMix; -1: not
  int32_t weight = 0;  // of the other: 0 to 256, with kMixUp
  int32_t top = 0, left = 0, bottom = 0, right = 0;
  float part = 0;        // of the targets that is the other's
  uint64_t partner = 0;  // a random number, for the choice of the other
};

Mixing mixing_of(const Plan& plan, uint64_t key);

// Mixes `other` into `image`.
void mix(const Mixing& mixing, Shape shape, const uint8_t* other, uint8_t* image);

}  // namespace sn
