// A slab of images at work on an integer network: its values, the rounding rule, where results go.
#pragma once

#include "integer.h"

// Rare, or fast enough: small rather than fast.
#define SN_SMALL __attribute__((minsize, noinline))

namespace sn {

// A slab at work.
struct Slab {
  const sn_integer_state& state;
  UnsignedLanes* blocks;
  int64_t* offsets;       // of the blocks that sums read
  const uint8_t* images;  // the slab's first
  int16_t* outputs;       // likewise
  int32_t count;          // images; the other lanes repeat the last

  const UnsignedLanes* value(int32_t index) const {
    return blocks + (index < 0 ? state.image : state.steps[index].value);
  }
  IntegerShape shape(int32_t index) const {
    const int32_t* s = state.network.shape;
    return index < 0 ? IntegerShape{s[0], s[1], s[2]} : state.steps[index].out;
  }
  int32_t zero(int32_t index) const {
    const sn_integer_network& net = state.network;
    return 128 + (index < 0 ? net.zero_point : net.operators[index].zero_point);
  }
};

// Operators without products (integer_operators.cpp): pooling; merges, concatenation and reshaping; tables,
// and pixels that change places.
void pool(const Slab& slab, const IntegerStep& step);
void merge(const Slab& slab, const IntegerStep& step);
void move(const Slab& slab, const IntegerStep& step);

// Copies the input of a convolution with its padding, and returns the copy.
const UnsignedLanes* pad(const Slab& slab, const IntegerStep& step, const UnsignedLanes* value);

// The images of a slab as a value; the rows of them, padded, that a convolution reads.
void read_images(const Slab& slab);
void read_rows(const Slab& slab, const IntegerStep& step);

// The last value of a slab, image after image, where it is bytes.
void write_outputs(const Slab& slab);

}  // namespace sn
