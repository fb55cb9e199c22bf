// The most multiply-adds a second that one core does: independent chains of them, all in registers.
// Compiled by peak.py with the flags of the core.
#if defined(__AVX512F__)
constexpr int kBytes = 64;
#elif defined(__AVX__)
constexpr int kBytes = 32;
#else
constexpr int kBytes = 16;
#endif

typedef float Vector __attribute__((vector_size(kBytes)));
constexpr int kLanes = kBytes / 4;
// Two pipes of up to six cycles (without FMA: a multiplication, then an addition) need 12 chains,
// which with the two operands fit into the 16 registers of SSE and AVX2.
constexpr int kChains = 12;

#if defined(_WIN32)
#define DOOR extern "C" __declspec(dllexport)
#else
#define DOOR extern "C" __attribute__((visibility("default")))
#endif

// Floating-point operations of one turn: a multiplication and an addition a lane.
DOOR int peak_operations() { return 2 * kLanes * kChains; }

// Makes that many turns. The result depends on all of them, so none can be left out.
DOOR float peak_turns(long long turns, float factor, float summand) {
  Vector chains[kChains] = {};
  const Vector x = Vector{} + factor;
  const Vector y = Vector{} + summand;
  for (long long turn = 0; turn < turns; turn++)
    for (int chain = 0; chain < kChains; chain++) chains[chain] = chains[chain] * x + y;
  Vector sum = {};
  for (int chain = 0; chain < kChains; chain++) sum += chains[chain];
  float total = 0;
  for (int lane = 0; lane < kLanes; lane++) total += sum[lane];
  return total;
}
