// A loss: its row in the table, and its value and gradient on a slab.
//
// Each is one file here, and one name in table.cpp. A row says what hosts may ask for; `slab` gives the
// loss of each image of a slab, and the gradient of the network's outputs. The categorical cross-entropy
// is written here, so that the training loop has it inlined.
#pragma once

#include "../gather.h"
#include "../ops/operator.h"

namespace sn {

struct Loss;

constexpr int kMostLossAttributes = 6;

// A loss with its arguments, for one network.
struct LossTask {
  const Loss* row;
  int32_t outputs;
  bool skips_final;   // the loss takes the place of the last operation
  bool from_logits;   // of what it reads: the activation in its row is still missing
  float on, off;      // the smoothed targets of a label's class and of the others
  float keep, added;  // a smoothed target of a row is keep * target + added
  float share;        // 1 / batch size: the gradient is of the mean
  float arguments[kMostLossAttributes];  // in the row's order
};

struct LossSum {
  double loss = 0;
  int64_t correct = 0;
};

// Never contracted with a sum: rounded twice, as hosts would smooth targets.
Lanes times(Lanes a, float b);

// The wanted value of output c in each lane.
struct Targets {
  const sn_examples& examples;
  const Picked& picked;
  int32_t outputs;
  bool smooth;
  float on, off, keep, added;
  IntLanes labels;

  Targets(const sn_examples& from, const Picked& slab, const LossTask& task)
      : examples(from),
        picked(slab),
        outputs(task.outputs),
        smooth(task.keep != 1.0f),
        on(task.on),
        off(task.off),
        keep(task.keep),
        added(task.added) {
    for (int i = 0; i < kLanes; ++i) {
      labels[i] = examples.labels && i < picked.count ? examples.labels[picked.index[i]] : -1;
    }
  }

  Lanes operator()(int c) const {
    Lanes wanted = Lanes{};
    if (!examples.targets) {
      wanted = labels == IntLanes{} + c ? broadcast<Lanes>(on) : broadcast<Lanes>(off);
      return picked.augmented ? mixed(wanted, c) : wanted;
    }
    for (int i = 0; i < picked.count; ++i) {
      wanted[i] = examples.targets[picked.index[i] * outputs + c];
    }
    if (picked.augmented) wanted = mixed(wanted, c);
    return smooth ? times(wanted, keep) + added : wanted;
  }

  // Those of two images, in the proportion in which the images are mixed.
  __attribute__((noinline)) Lanes mixed(Lanes wanted, int c) const {
    for (int i = 0; i < picked.count; ++i) {
      const float part = picked.part[i];
      if (part <= 0) continue;
      const int64_t other = picked.partner[i];
      const float own = wanted[i];
      const float others = examples.targets              ? examples.targets[other * outputs + c]
                           : examples.labels[other] == c ? on
                                                         : off;
      const float weight = examples.weights ? examples.weights[picked.index[i]] : 1.0f;
      const float other_weight = examples.weights ? examples.weights[other] : 1.0f;
      const float sum = weight * (1 - part) + other_weight * part;
      wanted[i] = sum > 0 ? (own * weight * (1 - part) + others * other_weight * part) / sum : own;
    }
    return wanted;
  }

  __attribute__((noinline)) float weight(int i) const {
    if (!examples.weights) return 1.0f;
    const float own = examples.weights[picked.index[i]], part = picked.part[i];
    return part > 0 ? own * (1 - part) + examples.weights[picked.partner[i]] * part : own;
  }

  // The class an image should get: its label, or the largest of its targets.
  IntLanes classes() const {
    if (!examples.targets) return labels;
    Lanes most = (*this)(0);
    IntLanes best = IntLanes{};
    for (int c = 1; c < outputs; ++c) {
      const Lanes wanted = (*this)(c);
      best = wanted > most ? IntLanes{} + c : best;
      most = wanted > most ? wanted : most;
    }
    return best;
  }
};

// What a loss reads of a slab, and where its gradient goes.
struct LossSlab {
  const LossTask& task;
  const Targets& targets;
  const Lanes* y;  // the outputs
  Lanes* dy;       // null, or the gradient (it may be `y`)
  Lanes shares;    // the gradient's factor for each image

  // Not inlined, as the functions below: every loss would have all of it in it, several times.
  Lanes target(int c) const;
};

// A row of the table of losses.
struct Loss {
  sn_loss_info info;
  Lanes (*slab)(const LossSlab& slab);  // the loss of each image
  bool halves = false;                  // smoothing draws targets to 1/2, not to 1 / outputs
  float boundary = 0.5f;                // a target above it is right where the output is above 0
};

int32_t loss_count();
const Loss* loss_at(int32_t index);  // null beyond the last

// Fills `task`; false and a line of text if the loss is not as its row says.
bool read_loss(const sn_loss& given, const Plan& plan, LossTask& task, char* error);

// -sum t log softmax(z) = sum t (log sum exp(z - m) - (z - m)), m the largest.
inline Lanes crossentropy_slab(const LossSlab& slab) {
  const int32_t outputs = slab.task.outputs;
  const Lanes* y = slab.y;
  Lanes most = y[0];
  for (int c = 1; c < outputs; ++c) most = max(y[c], most);
  Lanes sum = Lanes{}, wanted = Lanes{}, hit = Lanes{};
  for (int c = 0; c < outputs; ++c) {
    const Lanes t = slab.targets(c);
    const Lanes z = y[c] - most;
    sum += exp(z);
    wanted += t;
    hit += t * z;
  }
  if (slab.dy) {
    const Lanes inverse = wanted / sum;
    for (int c = 0; c < outputs; ++c) {
      slab.dy[c] = (exp(y[c] - most) * inverse - slab.targets(c)) * slab.shares;
    }
  }
  return wanted * log(sum) - hit;
}

inline IntLanes largest_output(const Lanes* y, int outputs) {
  Lanes most = y[0];
  IntLanes best = IntLanes{};
  for (int c = 1; c < outputs; ++c) {
    best = y[c] > most ? IntLanes{} + c : best;
    most = y[c] > most ? y[c] : most;
  }
  return best;
}

// The decisions of an image that can be right: 1, its largest output; each output; or none.
inline int32_t decisions_of(const LossTask& task, const sn_examples& examples) {
  if (!examples.targets) return 1;
  const int32_t accuracy = task.row->info.accuracy;
  return accuracy == SN_EACH_OUTPUT ? task.outputs : accuracy == SN_LARGEST_OUTPUT ? 1 : 0;
}

int64_t right_outputs(const LossSlab& slab);  // of the slab's images

// `y`: the outputs. `dy`, if not null, receives the gradient (it may be `y`).
inline LossSum loss_of_slab(const LossTask& task, const sn_examples& examples, const Picked& picked,
                            const Lanes* y, Lanes* dy) {
  const Targets targets(examples, picked, task);
  const int32_t accuracy = examples.targets ? task.row->info.accuracy : SN_LARGEST_OUTPUT;
  IntLanes right = IntLanes{};
  if (accuracy == SN_LARGEST_OUTPUT) right = largest_output(y, task.outputs) == targets.classes();
  Lanes weights = Lanes{};
  for (int i = 0; i < picked.count; ++i) {
    weights[i] = targets.weight(i);
  }
  const LossSlab slab = {task, targets, y, dy, weights * task.share};
  LossSum result;
  if (accuracy == SN_EACH_OUTPUT) result.correct = right_outputs(slab);
  const Lanes loss =
      (task.row->slab == crossentropy_slab ? crossentropy_slab(slab) : task.row->slab(slab)) *
      weights;
  for (int i = 0; i < picked.count; ++i) {
    result.loss += static_cast<double>(loss[i]);
    result.correct += right[i] != 0;
  }
  return result;
}

// For the files of losses.

constexpr float kTiny = 1e-7f;  // Keras's epsilon
constexpr sn_attribute_info kFromLogits = flag("from_logits", false);
constexpr sn_attribute_info kLabelSmoothing = number("label_smoothing", 0, 0, kBelowOne);

// `words`: Keras's and TensorFlow.js's names of it, in lower case.
constexpr sn_loss_info loss_of(const char* name, const char* words, int32_t activation = SN_NONE,
                               int32_t accuracy = SN_NONE, int32_t targets = SN_ANY_TARGETS) {
  return {name, words, nullptr, 0, activation, accuracy, targets, 0};
}
template <int N>
constexpr sn_loss_info loss_of(const char* name, const char* words,
                               const sn_attribute_info (&attributes)[N],
                               int32_t activation = SN_NONE, int32_t accuracy = SN_NONE,
                               int32_t targets = SN_ANY_TARGETS) {
  static_assert(N <= kMostLossAttributes);
  return {name, words, attributes, N, activation, accuracy, targets, 0};
}
// Its value is the mean over the outputs of a function of each.
constexpr sn_loss_info by_output(sn_loss_info info) {
  info.by_output = 1;
  return info;
}

inline Lanes magnitude(Lanes x) { return max(x, -x); }

Lanes exp_of(Lanes x);
Lanes log_of(Lanes x);             // unlike `log`, right for all numbers
Lanes power_of(Lanes x, float p);  // for x >= 0
// The binary cross-entropy of a logit and a target, without a probability that could round to 0 or 1.
Lanes crossentropy_of_logit(Lanes z, Lanes t);
inline Lanes sigmoid_of(Lanes x) { return 1.0f / (exp_of(-x) + 1.0f); }

// The loss of one output, and its derivative.
struct Term {
  Lanes loss, slope;
};

// The mean over the outputs of `of(output, target)`.
template <class Function>
inline Lanes mean_of_outputs(const LossSlab& slab, Function of) {
  const float mean = 1.0f / static_cast<float>(slab.task.outputs);
  const float* weights = slab.targets.examples.output_weights;
  Lanes loss = Lanes{};
  for (int c = 0; c < slab.task.outputs; ++c) {
    const Term term = of(slab.y[c], slab.target(c));
    const float part = weights ? mean * weights[c] : mean;
    loss += term.loss * part;
    if (slab.dy) slab.dy[c] = term.slope * part * slab.shares;
  }
  return loss;
}

// The softmax of a slab's outputs, where they are logits; else what is 1 in all of them.
struct Probabilities {
  const LossSlab& slab;
  Lanes most, inverse, log_sum;

  explicit Probabilities(const LossSlab& from) : slab(from), most(from.y[0]) {
    for (int c = 1; c < slab.task.outputs; ++c) most = max(slab.y[c], most);
    Lanes sum = Lanes{};
    for (int c = 0; c < slab.task.outputs; ++c) sum += exp_of(slab.y[c] - most);
    inverse = 1.0f / sum;
    log_sum = log_of(sum);
  }

  Lanes operator()(int c) const { return exp_of(slab.y[c] - most) * inverse; }
  Lanes logarithm(int c) const { return slab.y[c] - most - log_sum; }
};

// Writes the gradient of the logits, if it is wanted: gains[c] is p_c dL/dp_c, for which `gain(c)` is
// called, and d = gain(c) - p_c sum of all gains.
template <class Gain>
inline void softmax_gradient(const LossSlab& slab, const Probabilities& p, Gain gain) {
  if (!slab.dy) return;
  Lanes sum = Lanes{};
  for (int c = 0; c < slab.task.outputs; ++c) sum += gain(c);
  for (int c = 0; c < slab.task.outputs; ++c) {
    const Lanes own = gain(c) - p(c) * sum;  // before `dy`, which may be `y`, is written
    slab.dy[c] = own * slab.shares;
  }
}

// Hinge losses want -1 and 1. An image whose targets all are 0 or 1 has them converted: 2 t - 1.
struct Signs {
  Lanes scale, shift;

  explicit Signs(const LossSlab& slab) {
    IntLanes binary = IntLanes{} - 1;
    for (int c = 0; c < slab.task.outputs; ++c) {
      const Lanes t = slab.target(c);
      binary &= (t == Lanes{}) | (t == broadcast<Lanes>(1.0f));
    }
    scale = binary ? broadcast<Lanes>(2.0f) : broadcast<Lanes>(1.0f);
    shift = binary ? broadcast<Lanes>(-1.0f) : Lanes{};
  }

  Lanes operator()(Lanes target) const { return target * scale + shift; }
};

}  // namespace sn
