#include "threads.h"

#if defined(__wasm__)

struct sn_pool {
  int32_t threads;
};

namespace sn {
void run_together(sn_pool*, Work work, void* context) { work(context, 0); }
int32_t team_size(const sn_pool*) { return 1; }
void meet(sn_pool*, void (*last)(void*), void* context) { last(context); }
}  // namespace sn

extern "C" {
static sn_pool only_caller = {1};
sn_pool* sn_pool_create(int32_t) { return &only_caller; }
void sn_pool_destroy(sn_pool*) {}
int32_t sn_pool_threads(const sn_pool*) { return 1; }
}

#else

#include <stdlib.h>

#if defined(_WIN32)
#include <windows.h>
#else
#include <pthread.h>
#include <sched.h>
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
void give_way() { SwitchToThread(); }
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
void give_way() { sched_yield(); }
#endif

inline void breathe() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

constexpr int kSpins = 4000;  // about 50 microseconds: a step's pauses are shorter, a reader's longer

}  // namespace

struct sn_pool {
  int32_t threads;
  Thread* workers;
  Gate gate;
  sn::Work work;
  void* context;
  // Each on its own cache line: one is written by all, the others are read in tight loops.
  alignas(128) int64_t round;
  alignas(128) int64_t arrived;
  alignas(128) int64_t generation;
  alignas(128) int64_t finished;
};

namespace {

struct Start {
  sn_pool* pool;
  int32_t thread;
};

// Spins for a while, then sleeps until the round changes.
void next_round(sn_pool* pool, int64_t seen) {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (__atomic_load_n(&pool->round, __ATOMIC_ACQUIRE) != seen) return;
    breathe();
  }
  pool->gate.enter();
  while (__atomic_load_n(&pool->round, __ATOMIC_ACQUIRE) == seen) pool->gate.wait();
  pool->gate.leave();
}

void serve(sn_pool* pool, int32_t thread) {
  for (int64_t seen = 0;; ++seen) {
    next_round(pool, seen);
    if (!pool->work) return;
    pool->work(pool->context, thread);
    __atomic_fetch_add(&pool->finished, 1, __ATOMIC_RELEASE);
  }
}

void announce(sn_pool* pool) {
  pool->gate.enter();
  __atomic_store_n(&pool->round, pool->round + 1, __ATOMIC_RELEASE);
  pool->gate.wake();
  pool->gate.leave();
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

int32_t team_size(const sn_pool* pool) { return pool->threads; }

void run_together(sn_pool* pool, Work work, void* context) {
  if (pool->threads == 1) return work(context, 0);
  pool->work = work;
  pool->context = context;
  pool->arrived = 0;
  __atomic_store_n(&pool->finished, 0, __ATOMIC_RELAXED);
  announce(pool);
  work(context, 0);
  for (int spin = 0; __atomic_load_n(&pool->finished, __ATOMIC_ACQUIRE) < pool->threads - 1;
       ++spin) {
    spin < kSpins ? breathe() : give_way();
  }
}

void meet(sn_pool* pool, void (*last)(void*), void* context) {
  if (pool->threads == 1) return last(context);
  const int64_t generation = __atomic_load_n(&pool->generation, __ATOMIC_RELAXED);
  if (__atomic_add_fetch(&pool->arrived, 1, __ATOMIC_ACQ_REL) == pool->threads) {
    last(context);
    __atomic_store_n(&pool->arrived, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&pool->generation, generation + 1, __ATOMIC_RELEASE);
    return;
  }
  for (int spin = 0; __atomic_load_n(&pool->generation, __ATOMIC_ACQUIRE) == generation; ++spin) {
    spin < kSpins ? breathe() : give_way();
  }
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
  pool->work = nullptr;
  announce(pool);
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
