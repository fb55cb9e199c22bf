// Which images are in a slab of a step, and how each is augmented.
#pragma once

#include "augment.h"
#include "batch.h"
#include "random.h"

namespace sn {

struct Picker {
  const Plan& plan;
  const sn_training& task;
  const Batch& batch;
  const Order& order;
  int32_t step;  // of the call

  Picked operator()(int64_t slab) const {
    Picked picked{};
    const int64_t first = slab * kLanes;
    const int64_t left = batch.count - first;
    picked.count = static_cast<int>(left < kLanes ? left : kLanes);
    for (int i = 0; i < picked.count; ++i) picked.index[i] = index_at(first + i);
    if (kAugments && plan.augmentation_count && !task.no_dropout) pick_keys(first, picked);
    return picked;
  }

 private:
  int64_t index_at(int64_t place) const {
    if (task.indices) return task.indices[batch.first + place];
    return static_cast<int64_t>(order(static_cast<uint64_t>(batch.first + place)));
  }

  uint64_t key_at(int64_t index) const {
    const int64_t identity = task.examples.identities ? task.examples.identities[index] : index;
    const int64_t epoch = task.indices ? task.epoch : epoch_of(task, step);
    return image_key(task.seed, static_cast<uint64_t>(epoch), static_cast<uint64_t>(identity));
  }

  // The keys of augmentation, and another image of the batch where two are mixed.
  void pick_keys(int64_t first, Picked& picked) const {
    picked.augmented = true;
    for (int i = 0; i < picked.count; ++i) {
      picked.key[i] = key_at(picked.index[i]);
      const Mixing mixing = mixing_of(plan, picked.key[i]);
      const int64_t others = batch.count - 1;
      if (mixing.part <= 0 || others < 1) continue;
      const int64_t step_on = static_cast<int64_t>(mixing.partner % static_cast<uint64_t>(others));
      const int64_t place = (first + i + 1 + step_on) % batch.count;
      picked.partner[i] = index_at(place);
      picked.partner_key[i] = key_at(picked.partner[i]);
      picked.part[i] = mixing.part;
    }
  }
};

}  // namespace sn
