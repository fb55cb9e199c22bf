// The images of one step: a part of an epoch's permutation, or of the host's indices.
#pragma once

#include "order.h"
#include "spritenet.h"

namespace sn {

struct Batch {
  int64_t first;  // place in the epoch, or in the host's indices
  int64_t count;
};

inline Batch batch_of(const sn_training& t, int32_t step) {
  if (t.indices) return {int64_t{step} * t.batch_size, t.batch_size};
  const int64_t steps = (t.examples.count + t.batch_size - 1) / t.batch_size;
  const int64_t first = (t.first_step + step) % steps * t.batch_size;
  const int64_t left = t.examples.count - first;
  return {first, left < t.batch_size ? left : t.batch_size};
}

inline int64_t epoch_of(const sn_training& t, int32_t step) {
  const int64_t steps = (t.examples.count + t.batch_size - 1) / t.batch_size;
  return (t.first_step + step) / steps;
}

inline Order order_of(const sn_training& t, int32_t step) {
  return Order(t.seed, static_cast<uint64_t>(epoch_of(t, step)),
               static_cast<uint64_t>(t.examples.count));
}

}  // namespace sn
