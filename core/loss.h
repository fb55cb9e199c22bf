// Losses on a slab: the sum over its images, how many are right, and the gradient of the outputs.
#pragma once

#include "gather.h"

namespace sn {

struct LossTask {
  int32_t kind;  // sn_loss
  int32_t outputs;
  float label_smoothing;
  float share;       // 1 / batch size: the gradient is of the mean
  bool from_logits;  // the outputs still lack their softmax
};

struct LossSum {
  double loss = 0;
  int64_t correct = 0;
};

// The wanted value of output c in each lane.
struct Targets {
  const sn_examples& examples;
  const Picked& picked;
  int32_t outputs;
  float on, off;
  IntLanes labels;

  Targets(const sn_examples& from, const Picked& slab, const LossTask& task)
      : examples(from), picked(slab), outputs(task.outputs) {
    off = task.label_smoothing / static_cast<float>(outputs);
    on = 1.0f - task.label_smoothing + off;
    for (int i = 0; i < kLanes; ++i) {
      labels[i] = examples.labels && i < picked.count ? examples.labels[picked.index[i]] : -1;
    }
  }

  Lanes operator()(int c) const {
    Lanes wanted = Lanes{};
    if (!examples.targets) {
      wanted = labels == IntLanes{} + c ? broadcast<Lanes>(on) : broadcast<Lanes>(off);
    } else {
      for (int i = 0; i < picked.count; ++i) {
        wanted[i] = examples.targets[picked.index[i] * outputs + c];
      }
    }
    return picked.augmented ? mixed(wanted, c) : wanted;
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

inline IntLanes largest_output(const Lanes* y, int outputs) {
  Lanes most = y[0];
  IntLanes best = IntLanes{};
  for (int c = 1; c < outputs; ++c) {
    best = y[c] > most ? IntLanes{} + c : best;
    most = y[c] > most ? y[c] : most;
  }
  return best;
}

// `y`: the outputs. `dy`, if not null, receives the gradient (it may be `y`).
inline LossSum loss_of_slab(const LossTask& task, const sn_examples& examples, const Picked& picked,
                            const Lanes* y, Lanes* dy) {
  const Targets targets(examples, picked, task);
  const IntLanes right = largest_output(y, task.outputs) == targets.classes();
  Lanes weights = Lanes{};
  for (int i = 0; i < picked.count; ++i) {
    weights[i] = targets.weight(i);
  }
  const Lanes shares = weights * task.share;
  Lanes loss = Lanes{};
  if (task.kind == SN_MEAN_SQUARED_ERROR) {
    const float mean = 1.0f / static_cast<float>(task.outputs);
    for (int c = 0; c < task.outputs; ++c) {
      const Lanes error = y[c] - targets(c);
      loss += error * error * mean;
      if (dy) dy[c] = error * (2.0f * mean) * shares;
    }
  } else {
    // -sum t log softmax(z) = sum t (log sum exp(z - m) - (z - m)), m the largest.
    Lanes most = y[0];
    for (int c = 1; c < task.outputs; ++c) most = max(y[c], most);
    Lanes sum = Lanes{}, wanted = Lanes{}, hit = Lanes{};
    for (int c = 0; c < task.outputs; ++c) {
      const Lanes t = targets(c);
      const Lanes z = y[c] - most;
      sum += exp(z);
      wanted += t;
      hit += t * z;
    }
    loss = wanted * log(sum) - hit;
    if (dy) {
      const Lanes inverse = wanted / sum;
      for (int c = 0; c < task.outputs; ++c) {
        dy[c] = (exp(y[c] - most) * inverse - targets(c)) * shares;
      }
    }
  }
  LossSum result;
  loss = loss * weights;
  for (int i = 0; i < picked.count; ++i) {
    result.loss += static_cast<double>(loss[i]);
    result.correct += right[i] != 0;
  }
  return result;
}

}  // namespace sn
