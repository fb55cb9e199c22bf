// Work in phases: items that whoever runs claims one by one.
//
// A phase ends when its items are done, not when all threads have come. So a thread that the system has
// put aside for another program holds nobody up, unless it has claimed an item that only it can finish.
#pragma once

#include "threads.h"

namespace sn {

struct Item {
  uint32_t phase;
  int64_t index;  // -1: all of this phase are claimed; kOver: there is no more work
  uint32_t kind() const { return phase % 4; }
};

class Phases {
 public:
  static constexpr int64_t kOver = -2;
  static constexpr int64_t kMostItems = 0x7FFFFFFF;

  explicit Phases(sn_pool* pool) : pool_(pool) {}

  // Opens the next phase, of 1 to kMostItems items of a kind (0 to 3); for the one thread that ended the
  // last phase. The kind is part of the phase's number: who claims an item late can't take it for
  // another.
  void begin(uint32_t kind, int64_t items) {
    __atomic_store_n(&left_, items, __ATOMIC_RELAXED);
    publish(ticket_of(next() + kind, static_cast<uint32_t>(items)));
  }

  // No more phases.
  void end() { publish(ticket_of(next(), kEnded)); }

  // The items of a phase come from the last to the first.
  Item claim() {
    uint64_t seen = ticket();
    while (unclaimed(seen) != 0 && unclaimed(seen) != kEnded) {
      if (__atomic_compare_exchange_n(&ticket_, &seen, seen - 1, false, __ATOMIC_ACQ_REL,
                                      __ATOMIC_ACQUIRE)) {
        return {phase_of(seen), int64_t{unclaimed(seen)} - 1};
      }
    }
    return {phase_of(seen), unclaimed(seen) == kEnded ? kOver : -1};
  }

  // Says that an item is done; true for the last: who did it begins the next phase, or ends them all.
  bool finish() { return __atomic_sub_fetch(&left_, 1, __ATOMIC_ACQ_REL) == 0; }

  // True if the phase an item was claimed in, all of it claimed, still goes on.
  bool waits(Item item) const { return ticket() == ticket_of(item.phase, 0); }

  // True if the phase goes on; if so, what was read before this is of this phase.
  bool is_current(Item item) const {
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return phase_of(ticket()) == item.phase;
  }

  void wait(Item item) const { wait_while(pool_, &ticket_, ticket_of(item.phase, 0)); }

 private:
  static constexpr uint32_t kEnded = 0xFFFFFFFF;

  static uint64_t ticket_of(uint32_t phase, uint32_t items) {
    return uint64_t{phase} << 32 | items;
  }
  static uint32_t phase_of(uint64_t ticket) { return static_cast<uint32_t>(ticket >> 32); }
  static uint32_t unclaimed(uint64_t ticket) { return static_cast<uint32_t>(ticket); }
  uint32_t next() const { return (phase_of(ticket()) / 4 + 1) * 4; }
  uint64_t ticket() const { return __atomic_load_n(&ticket_, __ATOMIC_ACQUIRE); }

  void publish(uint64_t ticket) {
    __atomic_store_n(&ticket_, ticket, __ATOMIC_RELEASE);
    wake_all(pool_);
  }

  sn_pool* pool_;
  // Each on its own cache line: one is read in tight loops, the other written after every item.
  alignas(128) uint64_t ticket_ = 0;  // the phase's number, and how many items nobody has claimed
  alignas(128) int64_t left_ = 0;     // items that aren't done
};

}  // namespace sn
