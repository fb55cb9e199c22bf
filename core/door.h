// The door of a team: rounds of work, which threads enter while one is open.
#pragma once

#include "threads.h"

namespace sn {

// The upper half counts rounds, each opened (odd) and closed (even); the lower half, the threads inside.
struct Door {
  // On its own cache line: read in tight loops.
  alignas(128) uint64_t state = 0;

  static constexpr uint64_t kRound = uint64_t{1} << 32;
  static constexpr uint64_t kInside = kRound - 1;

  static bool is_open(uint64_t state) { return state / kRound % 2 == 1; }
  uint64_t load() const { return __atomic_load_n(&state, __ATOMIC_ACQUIRE); }

  void open(sn_pool* pool) {
    __atomic_add_fetch(&state, kRound, __ATOMIC_RELEASE);
    wake_all(pool);
  }

  // Returns when everyone has left.
  void close(sn_pool* pool) {
    uint64_t seen = __atomic_add_fetch(&state, kRound, __ATOMIC_ACQ_REL);
    while ((seen & kInside) != 0) {
      wait_while(pool, &state, seen);
      seen = load();
    }
  }

  // Goes in if the round that was seen is still open; else `seen` is what there is now.
  bool enter(uint64_t& seen) {
    return __atomic_compare_exchange_n(&state, &seen, seen + 1, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
  }

  void leave(sn_pool* pool) {
    const uint64_t now = __atomic_sub_fetch(&state, 1, __ATOMIC_ACQ_REL);
    if (!is_open(now) && (now & kInside) == 0) wake_all(pool);
  }
};

}  // namespace sn
