// A team of threads that does one chunk of work at a time, together.
//
// Knows the operating system's threads; nothing of networks. In WebAssembly without shared memory a team
// is the caller alone.
#pragma once

#include "spritenet.h"

namespace sn {

typedef void (*Work)(void* context, int32_t thread);

// Calls work(context, 0) here, and work(context, t) on each of the others that comes before the caller's
// own call is over: the work must get done by whoever is there. Returns when all have returned.
void run_together(sn_pool* pool, Work work, void* context);

// Waits, awake for a moment and then asleep, until *value is no longer `seen`.
void wait_while(sn_pool* pool, const uint64_t* value, uint64_t seen);

// Wakes those who wait, after their value has changed.
void wake_all(sn_pool* pool);

// Lets a few dozen cycles pass, in the middle of a wait.
void breathe();

// A clock that only goes forward.
int64_t nanoseconds();

}  // namespace sn
