#include "threads.h"

#if defined(__wasm_atomics__)

// shared_threads.cpp has the team.

#elif defined(__wasm__)

struct sn_pool {
  int32_t threads;
};

namespace sn {
void run_together(sn_pool*, Work work, void* context) { work(context, 0); }
void wait_while(sn_pool*, const uint64_t*, uint64_t) {}
void wake_all(sn_pool*) {}
void breathe() {}
int64_t nanoseconds() { return 0; }
}  // namespace sn

extern "C" {
static sn_pool only_caller = {1};
sn_pool* sn_pool_create(int32_t) { return &only_caller; }
void sn_pool_destroy(sn_pool*) {}
int32_t sn_pool_threads(const sn_pool*) { return 1; }
}

#else

#include <stdlib.h>

#include "door.h"

#if defined(_WIN32)
#include <windows.h>
#else
#include <pthread.h>
#include <time.h>
#endif

namespace {

#if defined(_WIN32)
typedef HANDLE Thread;
struct Gate {
  SRWLOCK lock;
  CONDITION_VARIABLE changed;
  void init() {
    InitializeSRWLock(&lock);
    InitializeConditionVariable(&changed);
  }
  void destroy() {}
  void enter() { AcquireSRWLockExclusive(&lock); }
  void leave() { ReleaseSRWLockExclusive(&lock); }
  void wait() { SleepConditionVariableSRW(&changed, &lock, INFINITE, 0); }
  void wake() { WakeAllConditionVariable(&changed); }
};
#else
typedef pthread_t Thread;
struct Gate {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  void init() {
    pthread_mutex_init(&lock, nullptr);
    pthread_cond_init(&changed, nullptr);
  }
  void destroy() {
    pthread_cond_destroy(&changed);
    pthread_mutex_destroy(&lock);
  }
  void enter() { pthread_mutex_lock(&lock); }
  void leave() { pthread_mutex_unlock(&lock); }
  void wait() { pthread_cond_wait(&changed, &lock); }
  void wake() { pthread_cond_broadcast(&changed); }
};
#endif

// About 50 microseconds, as long as it takes to wake a sleeper. A step's pauses are shorter; who waits
// longer may be waiting for a thread whose core another program has, and leaves it his own.
constexpr int kSpins = 4000;

}  // namespace

struct sn_pool {
  int32_t threads;
  Thread* workers;
  Gate gate;
  sn::Work work;
  void* context;
  bool ends;
  sn::Door door;
};

namespace {

struct Start {
  sn_pool* pool;
  int32_t thread;
};

// True when a round is open and this worker is inside; false when the pool ends. A worker that comes
// after a round was closed waits for the next.
bool enter(sn_pool* pool, uint64_t& last) {
  uint64_t seen = pool->door.load();
  for (;;) {
    const uint64_t round = seen / sn::Door::kRound;
    if (!sn::Door::is_open(seen) || round == last) {
      sn::wait_while(pool, &pool->door.state, seen);
      seen = pool->door.load();
    } else if (pool->door.enter(seen)) {
      last = round;
      return !pool->ends;
    }
  }
}

void serve(sn_pool* pool, int32_t thread) {
  for (uint64_t last = 0; enter(pool, last);) {
    pool->work(pool->context, thread);
    pool->door.leave(pool);
  }
}

#if defined(_WIN32)
DWORD WINAPI enter_worker(LPVOID argument) {
#else
void* enter_worker(void* argument) {
#endif
  const Start start = *static_cast<Start*>(argument);
  free(argument);
  serve(start.pool, start.thread);
  return 0;
}

bool start_thread(sn_pool* pool, int32_t index) {
  Start* start = static_cast<Start*>(malloc(sizeof(Start)));
  if (!start) return false;
  *start = {pool, index};
#if defined(_WIN32)
  Thread made = CreateThread(nullptr, 0, enter_worker, start, 0, nullptr);
  const bool good = made != nullptr;
#else
  Thread made;
  const bool good = pthread_create(&made, nullptr, enter_worker, start) == 0;
#endif
  if (!good) {
    free(start);
    return false;
  }
  pool->workers[index - 1] = made;
  return true;
}

void join(Thread thread) {
#if defined(_WIN32)
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
#else
  pthread_join(thread, nullptr);
#endif
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
  for (int spin = 0; spin < kSpins; ++spin) {
    if (__atomic_load_n(value, __ATOMIC_ACQUIRE) != seen) return;
    breathe();
  }
  pool->gate.enter();
  while (__atomic_load_n(value, __ATOMIC_ACQUIRE) == seen) pool->gate.wait();
  pool->gate.leave();
}

void wake_all(sn_pool* pool) {
  if (pool->threads == 1) return;
  pool->gate.enter();
  pool->gate.wake();
  pool->gate.leave();
}

void breathe() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

int64_t nanoseconds() {
#if defined(_WIN32)
  LARGE_INTEGER ticks, frequency;
  QueryPerformanceCounter(&ticks);
  QueryPerformanceFrequency(&frequency);
  return static_cast<int64_t>(static_cast<double>(ticks.QuadPart) * 1e9 /
                              static_cast<double>(frequency.QuadPart));
#else
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
#endif
}

}  // namespace sn

extern "C" {

sn_pool* sn_pool_create(int32_t threads) {
  if (threads < 1 || threads > 1024) return nullptr;
#if defined(_WIN32)
  sn_pool* pool = static_cast<sn_pool*>(_aligned_malloc(sizeof(sn_pool), alignof(sn_pool)));
#else
  sn_pool* pool = static_cast<sn_pool*>(aligned_alloc(alignof(sn_pool), sizeof(sn_pool)));
#endif
  if (!pool) return nullptr;
  *pool = sn_pool{};
  pool->threads = 1;
  pool->gate.init();
  pool->workers = static_cast<Thread*>(calloc(static_cast<size_t>(threads), sizeof(Thread)));
  // A system that refuses more threads still gets its work done, by those there are.
  while (pool->workers && pool->threads < threads && start_thread(pool, pool->threads)) {
    ++pool->threads;
  }
  return pool;
}

void sn_pool_destroy(sn_pool* pool) {
  if (!pool) return;
  pool->ends = true;
  pool->door.open(pool);
  for (int32_t i = 1; i < pool->threads; ++i) join(pool->workers[i - 1]);
  pool->gate.destroy();
  free(pool->workers);
#if defined(_WIN32)
  _aligned_free(pool);
#else
  free(pool);
#endif
}

int32_t sn_pool_threads(const sn_pool* pool) { return pool ? pool->threads : 0; }

}  // extern "C"

#endif
