// How fast a core library trains and predicts, without Python: tools/native.py compiles and runs it.
#include <string.h>
#include <time.h>

#include "library.h"

namespace {

constexpr int kImages = 4096, kClasses = 10, kSide = 28;

double now() {
  timespec time;
  timespec_get(&time, TIME_UTC);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void tutorial(Chain& chain) {
  add_convolution(chain, 8, 5);
  add_convolution(chain, 16, 5);
  add_output(chain, kClasses);
}

void dense(Chain& chain) {
  chain.add("Flatten");
  chain.add("Dense");
  chain.number("units", 128);
  chain.choice("activation", "relu");
  add_output(chain, kClasses);
}

void deep(Chain& chain) {
  add_convolution(chain, 32, 3);
  add_convolution(chain, 64, 3);
  add_output(chain, kClasses);
}

struct Subject {
  const char* name;
  void (*layers)(Chain&);
};

constexpr Subject kSubjects[] = {
    {"tutorial", tutorial}, {"784-128-10", dense}, {"3x3 32-64", deep}};

void measure(const Core& core, const Subject& subject, int batch, int threads, double seconds,
             const uint8_t* images, const int32_t* labels) {
  Chain chain;
  subject.layers(chain);
  char error[SN_ERROR_BYTES] = "";
  const sn_network_spec spec = {
      chain.nodes, chain.nodes_used, 3, {kSide, kSide, 1}, threads, batch, 0};
  const int64_t bytes = core.network_bytes(&spec, error);
  if (bytes < 0) {
    fprintf(stderr, "%s\n", error);
    exit(1);
  }
  Memory memory(bytes);
  sn_network* network = core.network_init(memory.aligned, bytes, &spec, error);
  float* parameters = (float*)calloc((size_t)core.parameter_count(network), sizeof(float));
  float* outputs = (float*)malloc(kImages * kClasses * sizeof(float));
  initialize(core, network, parameters);
  sn_pool* pool = core.pool_create(threads);
  const int steps = kImages / batch;
  float* rates = (float*)malloc((size_t)steps * sizeof(float));
  float* losses = (float*)malloc((size_t)steps * sizeof(float));
  int32_t* correct = (int32_t*)malloc((size_t)steps * sizeof(int32_t));
  for (int step = 0; step < steps; step++) rates[step] = 0.01f;
  sn_training training = {};
  training.examples = {images, labels, nullptr, nullptr, nullptr, nullptr, kImages};
  training.optimizer.name = "SGD";
  training.loss.name = "SparseCategoricalCrossentropy";
  training.parameters = parameters;
  training.learning_rates = rates;
  training.steps = steps;
  training.batch_size = batch;
  training.losses = losses;
  training.correct = correct;
  double best[2] = {};
  for (int predicts = 0; predicts < 2; predicts++) {
    const double until = now() + seconds;
    do {
      const double begin = now();
      if (predicts) {
        core.predict(network, pool, parameters, images, kImages, outputs, error);
      } else {
        core.train(network, pool, &training, error);
        training.first_step += steps;
      }
      const double rate = (predicts ? kImages : steps * batch) / (now() - begin);
      if (rate > best[predicts]) best[predicts] = rate;
    } while (now() < until);
  }
  printf("%-12s %7d %8d %14.0f %14.0f %10.1f\n", subject.name, batch, threads, best[0], best[1],
         (double)bytes / 1e6);
  core.pool_destroy(pool);
  free(parameters);
  free(outputs);
  free(rates);
  free(losses);
  free(correct);
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) {
    fprintf(stderr, "usage: core_bench LIBRARY THREADS SECONDS\n");
    return 2;
  }
  const Core core = load_core(words[1]);
  const int threads = atoi(words[2]);
  uint8_t* images = (uint8_t*)malloc((size_t)kImages * kSide * kSide);
  int32_t* labels = (int32_t*)malloc(kImages * sizeof(int32_t));
  draw_bars(images, labels, kImages, kSide, kClasses);
  printf("%s, best of the calls in %s s\n", core.instruction_set(), words[3]);
  printf("%-12s %7s %8s %14s %14s %10s\n", "network", "batch", "threads", "train images/s",
         "predict", "MB");
  for (const Subject& subject : kSubjects)
    for (int batch = 64; batch <= 512; batch *= 8)
      measure(core, subject, batch, threads, atof(words[3]), images, labels);
  free(images);
  free(labels);
  return 0;
}
