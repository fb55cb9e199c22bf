// Tests of a core library without Python: tools/native.py compiles and runs them.
//
// What a host relies on, for platforms where the Python tests can't run. The many comparisons with other
// implementations are in tests/core.
#include <math.h>
#include <string.h>

#include "library.h"

namespace {

constexpr int kSide = 12, kClasses = 4, kImages = 256, kBatch = 32;
int failures = 0;

void check(bool right, const char* what) {
  printf("%s  %s\n", right ? "ok    " : "FAILED", what);
  failures += !right;
}

// A network, its parameters and its images.
struct Case {
  const Core& core;
  Chain chain;
  sn_network_spec spec = {};
  Memory memory;
  sn_network* network = nullptr;
  int64_t count = 0;
  float *parameters = nullptr, *other = nullptr;
  uint8_t* images = nullptr;
  int32_t* labels = nullptr;

  static sn_network_spec spec_of(const Chain& chain, int threads) {
    return {chain.nodes, chain.nodes_used, 3, {kSide, kSide, 1}, threads, kBatch, 0};
  }
  static int64_t bytes(const Core& core, const sn_network_spec& spec) {
    char error[SN_ERROR_BYTES];
    int64_t found = core.network_bytes(&spec, error);
    if (found < 0) {
      fprintf(stderr, "%s\n", error);
      exit(1);
    }
    return found;
  }

  // The nodes point into the chain: neither is copied.
  Case(const Core& with, int threads) : core(with), memory(measure(threads)) {
    char error[SN_ERROR_BYTES];
    network = core.network_init(memory.aligned, bytes(core, spec), &spec, error);
    count = core.parameter_count(network);
    parameters = (float*)calloc((size_t)count, sizeof(float));
    other = (float*)calloc((size_t)count, sizeof(float));
    images = (uint8_t*)malloc(kImages * kSide * kSide);
    labels = (int32_t*)malloc(kImages * sizeof(int32_t));
    initialize(core, network, parameters);
    draw_bars(images, labels, kImages, kSide, kClasses);
  }
  ~Case() {
    free(parameters);
    free(other);
    free(images);
    free(labels);
  }
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;

  int64_t measure(int threads) {
    add_convolution(chain, 6, 3);
    add_output(chain, kClasses);
    spec = spec_of(chain, threads);
    return bytes(core, spec);
  }

  sn_training training(int steps, const float* rates, float* losses, int32_t* correct) const {
    sn_training made = {};
    made.examples.images = images;
    made.examples.labels = labels;
    made.examples.count = kImages;
    made.optimizer.name = "SGD";
    made.loss.name = "SparseCategoricalCrossentropy";
    made.parameters = parameters;
    made.learning_rates = rates;
    made.seed = 7;
    made.steps = steps;
    made.batch_size = kBatch;
    made.losses = losses;
    made.correct = correct;
    return made;
  }
};

// The mean loss over all images, in double precision from the core's float outputs.
double loss_of(Case& on, sn_pool* pool) {
  char error[SN_ERROR_BYTES] = "";
  static float outputs[kImages * kClasses];
  on.core.predict(on.network, pool, on.parameters, on.images, kImages, outputs, error);
  double sum = 0;
  for (int image = 0; image < kImages; image++)
    sum -= log((double)outputs[image * kClasses + on.labels[image]] + 1e-30);
  return sum / kImages;
}

void test_tables(const Core& core) {
  check(core.interface_version() == SN_INTERFACE_VERSION, "the library has the header's version");
  check(core.lanes() >= 4, "a slab holds at least four images");
  check(core.operator_at(0) && !core.operator_at(core.operator_count()),
        "the table of operators ends");
  check(core.operator_count() > 30 && core.optimizer_count() > 8 && core.loss_count() > 15,
        "the tables are full");
}

void test_refusals(const Core& core) {
  char error[SN_ERROR_BYTES] = "";
  Chain chain;
  add_convolution(chain, 6, 13);
  sn_network_spec spec = Case::spec_of(chain, 1);
  check(core.network_bytes(&spec, error) == -1 && strlen(error) > 10,
        "a kernel larger than the image is refused in words");
  Chain unknown;
  unknown.add("Conv5D");
  spec = Case::spec_of(unknown, 1);
  check(core.network_bytes(&spec, error) == -1 && strstr(error, "Conv5D"),
        "an unknown operator is refused by name");
}

void test_gradient(const Core& core, sn_pool* pool) {
  Case on(core, 1);
  static int64_t all[kBatch];
  for (int place = 0; place < kBatch; place++) all[place] = place;
  float rate = 0, loss = 0;
  int32_t correct = 0;
  char error[SN_ERROR_BYTES] = "";
  sn_training training = on.training(1, &rate, &loss, &correct);
  training.indices = all;
  check(core.gradient(on.network, pool, &training, on.other, error) == SN_OK,
        "a gradient is computed");
  double worst = 0, largest = 0;
  for (int64_t place = 0; place < on.count; place += on.count / 40 + 1) {
    static float outputs[kBatch * kClasses];
    const float before = on.parameters[place], step = 2e-3f;
    double sides[2];
    for (int side = 0; side < 2; side++) {
      on.parameters[place] = before + (side ? step : -step);
      core.predict(on.network, pool, on.parameters, on.images, kBatch, outputs, error);
      sides[side] = 0;
      for (int image = 0; image < kBatch; image++)
        sides[side] -= log((double)outputs[image * kClasses + on.labels[image]]) / kBatch;
    }
    on.parameters[place] = before;
    const double measured = (sides[1] - sides[0]) / (2 * (double)step);
    worst = fmax(worst, fabs(measured - (double)on.other[place]));
    largest = fmax(largest, fabs(measured));
  }
  check(worst < 0.02 * largest + 1e-4, "the gradient is that of finite differences");
}

void test_training(const Core& core) {
  constexpr int kSteps = 240;
  static float rates[kSteps], losses[kSteps];
  static int32_t correct[kSteps];
  for (float& rate : rates) rate = 0.002f;
  char error[SN_ERROR_BYTES] = "";
  Case one(core, 1), two(core, 2);
  sn_pool *single = core.pool_create(1), *pair = core.pool_create(2);
  const double before = loss_of(one, single);
  sn_training training = one.training(kSteps, rates, losses, correct);
  check(core.train(one.network, single, &training, error) == SN_OK, "a training runs");
  check(training.steps_done == kSteps, "to its last step");
  const double after = loss_of(one, single);
  check(before > 1 && after < 0.1, "and the network has learnt");
  printf("        loss %.3f before, %.4f after\n", before, after);
  training = two.training(kSteps, rates, losses, correct);
  core.train(two.network, pair, &training, error);
  check(!memcmp(one.parameters, two.parameters, (size_t)one.count * sizeof(float)),
        "two threads train to the same bits as one");

  sn_evaluation evaluation = {};
  evaluation.examples = training.examples;
  evaluation.parameters = one.parameters;
  evaluation.count = kImages;
  evaluation.loss.name = "SparseCategoricalCrossentropy";
  core.evaluate(one.network, single, &evaluation, error);
  check(evaluation.correct == kImages, "every image is classified right");
  check(fabs(evaluation.loss_sum / kImages - after) < 1e-4,
        "evaluation's loss is that of predictions");

  int32_t stop = 1;
  training = one.training(kSteps, rates, losses, correct);
  training.stop = &stop;
  check(core.train(one.network, single, &training, error) == SN_STOPPED && !training.steps_done,
        "a raised flag stops a training before its first step");
  // Weights so large that the outputs overflow.
  for (int64_t place = 0; place < one.count; place++) one.parameters[place] = 3e38f;
  memcpy(one.other, one.parameters, (size_t)one.count * sizeof(float));
  training = one.training(kSteps, rates, losses, correct);
  check(core.train(one.network, single, &training, error) == SN_DIVERGED, "divergence is told");
  check(!memcmp(one.other, one.parameters, (size_t)one.count * sizeof(float)),
        "and leaves the parameters from before that step");
  core.pool_destroy(single);
  core.pool_destroy(pair);
}

void test_profile(const Core& core, sn_pool* pool) {
  constexpr int kSteps = 40;
  static float rates[kSteps], losses[kSteps];
  static int32_t correct[kSteps];
  static int64_t times[SN_STEP_TIMES + 64 * SN_OPERATION_TIMES];
  for (float& rate : rates) rate = 0.002f;
  char error[SN_ERROR_BYTES] = "";
  Case timed(core, 1), plain(core, 1);
  const int32_t operations = core.profile_operations(timed.network);
  check(operations > 2 && operations < 64 && core.profile_node(timed.network, operations) == -1,
        "a network has operations to time");
  core.profile(timed.network, times);
  sn_training training = timed.training(kSteps, rates, losses, correct);
  core.train(timed.network, pool, &training, error);
  core.profile(timed.network, nullptr);
  training = plain.training(kSteps, rates, losses, correct);
  core.train(plain.network, pool, &training, error);
  check(!memcmp(timed.parameters, plain.parameters, (size_t)plain.count * sizeof(float)),
        "a timed training has the same bits");
  bool each = true;
  for (int32_t at = 0; at < operations; at++)
    each &= times[SN_STEP_TIMES + at * SN_OPERATION_TIMES + SN_TIME_FORWARD] >= 0;
  int64_t sum = 0;
  for (int at = 1; at < SN_STEP_TIMES + operations * SN_OPERATION_TIMES; at++) sum += times[at];
  check(each && times[SN_TIME_DATA] > 0 && times[SN_TIME_LOSS] > 0 && times[SN_TIME_OPTIMIZER] > 0,
        "data, loss and optimizer take time");
  const int64_t before = sum;
  training = timed.training(kSteps, rates, losses, correct);
  core.train(timed.network, pool, &training, error);
  sum = 0;
  for (int at = 1; at < SN_STEP_TIMES + operations * SN_OPERATION_TIMES; at++) sum += times[at];
  check(sum == before && sum > 0, "memory that is taken back is left alone");
}

void test_order(const Core& core) {
  static int64_t places[1000];
  static bool seen[1000];
  char error[SN_ERROR_BYTES] = "";
  check(core.order(1, 2, 1000, 0, 1000, places, error) == SN_OK, "an epoch has an order");
  bool once = true, moved = false;
  for (int k = 0; k < 1000; k++) {
    once &= places[k] >= 0 && places[k] < 1000 && !seen[places[k]];
    seen[places[k]] = true;
    moved |= places[k] != k;
  }
  check(once && moved, "each image comes once, in another order");
}

void test_files(const Core& core) {
  const uint8_t filtered[] = {1, 10, 5, 5, 2, 1, 1, 1};  // Sub, then Up; three bytes a row
  const uint8_t plain[] = {10, 15, 20, 11, 16, 21};
  uint8_t rows[6];
  check(core.png_rows(filtered, 2, 3, 1, 4, rows) == 2 && !memcmp(rows, plain, sizeof plain),
        "filters of a PNG are undone");
  const uint8_t stored[] = {1, 3, 0, 0xFC, 0xFF, 'a', 'b', 'c'};
  sn_deflate_stream found;
  char error[SN_ERROR_BYTES] = "";
  check(core.deflate_end(stored, sizeof stored, &found, error) == SN_OK && found.bytes == 3 &&
            found.end == 64,
        "the end of a deflate stream is found");
  check(core.deflate_end(stored, 4, &found, error) == SN_INVALID, "a stream cut short is refused");
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    fprintf(stderr, "usage: core_test LIBRARY\n");
    return 2;
  }
  const Core core = load_core(words[1]);
  printf("%s: %s on a processor for %s\n", words[1], core.instruction_set(),
         core.processor_level());
  sn_pool* pool = core.pool_create(1);
  test_tables(core);
  test_refusals(core);
  test_gradient(core, pool);
  test_training(core);
  test_profile(core, pool);
  test_order(core);
  test_files(core);
  core.pool_destroy(pool);
  if (failures)
    printf("%d failed\n", failures);
  else
    printf("all passed\n");
  return failures != 0;
}
