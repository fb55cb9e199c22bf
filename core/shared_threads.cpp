// The team in WebAssembly with shared memory: instances of the module on one memory.
//
// The host starts the threads, in workers, and calls `sn_pool_serve` in each when there is work; one that
// comes late, or not at all, holds nobody up. The caller may not be a page's own thread, which can't wait.
#if defined(__wasm_atomics__)

#include "door.h"

// Milliseconds, of a clock that all threads share.
extern "C" double sn_host_now() __attribute__((__import_module__("host"), __import_name__("now")));

// Works as `thread`, which is 1 or more, on the rounds of the pool, until there has been none for a while.
extern "C" SN_API void sn_pool_serve(sn_pool* pool, int32_t thread);

struct sn_pool {
  int32_t threads;
  sn::Work work;
  void* context;
  sn::Door door;
  alignas(128) int32_t wakes;  // counts the calls of wake_all
};

namespace {

constexpr int kSpins = 20000;               // about 20 microseconds
constexpr int64_t kPatience = 4 * 1000000;  // nanoseconds that a thread waits for the next round

sn_pool team = {};

// False if the value was still `seen` after so many nanoseconds; -1: waits for ever.
bool wait_for(sn_pool* pool, const uint64_t* value, uint64_t seen, int64_t most) {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (__atomic_load_n(value, __ATOMIC_ACQUIRE) != seen) return true;
  }
  constexpr int kTimedOut = 2;
  for (;;) {
    const int32_t wakes = __atomic_load_n(&pool->wakes, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(value, __ATOMIC_SEQ_CST) != seen) return true;
    if (__builtin_wasm_memory_atomic_wait32(&pool->wakes, wakes, most) == kTimedOut) return false;
  }
}

}  // namespace

namespace sn {

void run_together(sn_pool* pool, Work work, void* context) {
  if (pool->threads == 1) return work(context, 0);
  pool->work = work;
  pool->context = context;
  pool->door.open(pool);
  work(context, 0);
  pool->door.close(pool);
}

void wait_while(sn_pool* pool, const uint64_t* value, uint64_t seen) {
  wait_for(pool, value, seen, -1);
}

void wake_all(sn_pool* pool) {
  if (pool->threads == 1) return;
  __atomic_add_fetch(&pool->wakes, 1, __ATOMIC_SEQ_CST);
  __builtin_wasm_memory_atomic_notify(&pool->wakes, 0x7FFFFFFF);
}

void breathe() {}

int64_t nanoseconds() { return static_cast<int64_t>(sn_host_now() * 1e6); }

}  // namespace sn

extern "C" {

sn_pool* sn_pool_create(int32_t threads) {
  if (threads < 1 || threads > 1024) return nullptr;
  team.threads = threads;
  return &team;
}

void sn_pool_destroy(sn_pool*) {}

int32_t sn_pool_threads(const sn_pool* pool) { return pool ? pool->threads : 0; }

void sn_pool_serve(sn_pool* pool, int32_t thread) {
  uint64_t seen = pool->door.load(), last = 0;
  for (;;) {
    const uint64_t round = seen / sn::Door::kRound;
    if (!sn::Door::is_open(seen) || round == last) {
      if (!wait_for(pool, &pool->door.state, seen, kPatience)) return;
      seen = pool->door.load();
    } else if (pool->door.enter(seen)) {
      last = round;
      pool->work(pool->context, thread);
      pool->door.leave(pool);
      seen = pool->door.load();
    }
  }
}

}  // extern "C"

#endif
