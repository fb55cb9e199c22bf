// The time of training by part: one array of nanoseconds for each thread.
//
// The host gives the memory (sn_profile), each thread adds to its own array, and nobody else reads the
// clock: without memory a lap is the comparison of an address with null.
#ifndef SPRITENET_PROFILE_H
#define SPRITENET_PROFILE_H

#include "spritenet.h"
#include "threads.h"

/* An array: the parts of a step, then three for each operation. */
enum {
  SN_TIME_LAST, /* the clock at the last lap */
  SN_TIME_DATA, /* images augmented, and gathered into lanes */
  SN_TIME_LOSS,
  SN_TIME_PACK,      /* kernels packed when a call begins */
  SN_TIME_OPTIMIZER, /* gradients summed over the slabs, and steps */
  SN_TIME_BETWEEN,   /* between two phases, by one thread; slabs handed on */
  SN_TIME_WAIT,
  SN_STEP_TIMES
};
enum { SN_TIME_FORWARD, SN_TIME_WEIGHTS, SN_TIME_INPUTS, SN_OPERATION_TIMES };

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
