// Where the time of training goes: one array of nanoseconds for each thread.
//
// The host gives the memory (sn_profile), each thread adds to its own array, and nobody else reads the
// clock: without memory a lap is the comparison of an address with null.
#ifndef SPRITENET_PROFILE_H
#define SPRITENET_PROFILE_H

#include "spritenet.h"
#include "threads.h"

namespace sn {

// There is no clock without threads in WebAssembly; nothing of this is compiled there.
#if defined(__wasm__)
inline constexpr bool kProfiles = false;
#else
inline constexpr bool kProfiles = true;
#endif

// The place of an operation's part in an array.
inline int64_t time_of(int32_t operation, int part) {
  return SN_STEP_TIMES + int64_t{operation} * SN_OPERATION_TIMES + part;
}

// `times`: a thread's array, or null.
inline void start_laps(int64_t* times) {
  if (kProfiles && times) times[SN_TIME_LAST] = nanoseconds();
}

// All the time since the last lap was spent on `part`.
inline void lap(int64_t* times, int64_t part) {
  if (!kProfiles || !times) return;
  const int64_t now = nanoseconds();
  times[part] += now - times[SN_TIME_LAST];
  times[SN_TIME_LAST] = now;
}

}  // namespace sn
#endif
