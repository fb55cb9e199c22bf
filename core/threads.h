// A team of threads that does one piece of work at a time, together.
//
// Knows the operating system's threads; nothing of networks. In WebAssembly a team is the caller alone.
#pragma once

#include "spritenet.h"

namespace sn {

typedef void (*Work)(void* context, int32_t thread);

// Calls work(context, t) for each t of the team, the caller being 0; returns when all have returned.
void run_together(sn_pool* pool, Work work, void* context);

int32_t team_size(const sn_pool* pool);

// Waits until everyone in the team has come here. The last to come runs `last(context)` first, alone.
void meet(sn_pool* pool, void (*last)(void*), void* context);

// The next of 0, 1, … that nobody has taken.
inline int64_t take_next(int64_t* counter) {
  return __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

}  // namespace sn
