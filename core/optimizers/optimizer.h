// An optimizer: its row in the table, and its step on neighbouring parameters or on a whole weight.
//
// Each is one file here, and one name in table.cpp. A row says what hosts may ask for and which arrays
// they keep for it; a class says what a step reads of the arguments (its constructor) and does (`update`).
#pragma once

#include "../ops/operator.h"

namespace sn {

inline double power(double base, int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= base;
    base *= base;
  }
  return result;
}

// Neighbouring parameters with their gradient and slots.
struct Stretch {
  float* w;
  float* g;        // may be written over
  float* slots;    // the first slot's
  int64_t stride;  // from a slot to the next, also in `scratch`
  int64_t count;
  float scale;                        // of the gradient: what clipping leaves of it
  const sn_weight* weight = nullptr;  // null where the parameters aren't known to be a whole weight
  float* scratch = nullptr;
  bool plain = false;  // the host wants no special treatment of it (SN_PLAIN)
  bool decays = true;  // unless SN_NO_DECAY

  float* slot(int k) const { return slots + k * stride; }
};

// The circumstances of a step.
struct Moment {
  float rate;
  int64_t time;  // the number of the step, from 1
  const float* slots;
  int64_t stride;

  float scalar(int k) const { return slots[k * stride]; }  // of a slot that is one number
};

struct Optimizer {
  sn_optimizer_info info;
  bool whole;   // its steps need whole weights
  bool decays;  // weights decay by `update`, not around it
  void (*prepare)(const Node& arguments, const Moment& moment, void* step);
  void (*update)(const void* step, const Stretch& stretch);
  // After a step: writes the slots that are one number. Null where there is none.
  void (*finish)(const void* step, float* slots, int64_t stride);
};

constexpr int kStepBytes = 96;  // of an optimizer's class

template <class T, int N>
struct List {
  T items[N];
};

// An optimizer's arguments, and those that all have.
template <class... Own>
constexpr auto arguments(double weight_decay, Own... own) {
  constexpr double kMost = 0x7FFFFFFF;
  return List<sn_attribute_info, sizeof...(Own) + 8>{
      {own..., number("weight_decay", weight_decay, 0), number("clipnorm", 0, 0),
       number("clipvalue", 0, 0), number("global_clipnorm", 0, 0), flag("use_ema", false),
       number("ema_momentum", 0.99, 0, 1), whole("ema_overwrite_frequency", 0, 0, kMost),
       whole("gradient_accumulation_steps", 0, 0, kMost)}};
}

constexpr sn_attribute_info fraction(const char* name, double value) {
  return number(name, value, 0, kBelowOne);
}
constexpr sn_attribute_info kEpsilon = number("epsilon", 1e-7, 0);

// A slot that is there where the argument `when` is more than 0; null: always.
constexpr sn_slot_info slot(const char* name, const char* when = nullptr, double value = 0,
                            const char* initial = nullptr) {
  return {name, when, initial, value, 0};
}
constexpr sn_slot_info scalar(const char* name, double value) {
  return {name, nullptr, nullptr, value, 1};
}

constexpr int kSharedSlots = 2;
template <class... Own>
constexpr auto slots(Own... own) {
  return List<sn_slot_info, sizeof...(Own) + kSharedSlots>{
      {own..., slot("average", "use_ema"), slot("gradient_sum", "gradient_accumulation_steps")}};
}

template <class Step, int N, int S>
constexpr Optimizer optimizer_of(const char* name, double rate,
                                 const List<sn_attribute_info, N>& attributes,
                                 const List<sn_slot_info, S>& slots, bool whole = false,
                                 int32_t scratch = 0) {
  static_assert(sizeof(Step) <= kStepBytes);
  Optimizer made = {{name, attributes.items, slots.items, rate, N, S, scratch},
                    whole,
                    requires { Step::kDecays; },
                    [](const Node& given, const Moment& moment, void* step) {
                      *static_cast<Step*>(step) = Step(given, moment);
                    },
                    [](const void* step, const Stretch& stretch) {
                      static_cast<const Step*>(step)->update(stretch);
                    },
                    nullptr};
  if constexpr (requires(const Step& step, float* at) { step.finish(at, int64_t{}); }) {
    made.finish = [](const void* step, float* at, int64_t stride) {
      static_cast<const Step*>(step)->finish(at, stride);
    };
  }
  return made;
}

// The sum of squares, in an order that depends on their number alone.
inline double squares_of(const float* values, int64_t count) {
  constexpr int kApart = 8;  // sums, so that none waits for the one before
  double sums[kApart] = {};
  int64_t i = 0;
  for (; i + kApart <= count; i += kApart) {
    for (int k = 0; k < kApart; ++k) {
      const double value = static_cast<double>(values[i + k]);
      sums[k] += value * value;
    }
  }
  for (; i < count; ++i) sums[0] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  double sum = 0;
  for (double part : sums) sum += part;
  return sum;
}

// The table.
int32_t optimizer_count();
const Optimizer* optimizer_at(int32_t index);  // null beyond the last
const Optimizer* optimizer_of(const char* name);

// An optimizer at work: its arguments and the step it is at.
class Optimization {
 public:
  Optimization(const sn_optimizer& given, char* error)
      : node_{given.name, nullptr, given.attributes, 0, given.attribute_count, 1},
        given_(-1, node_, error) {}

  Optimization(const Optimization&) = delete;  // `given_` refers to `node_`
  Optimization& operator=(const Optimization&) = delete;

  // False and a line of text if the table doesn't know it so. Before it, nothing is computed.
  bool read();
  // Step `done` (from 0) of the training.
  void begin(float rate, int64_t done, const float* slots, int64_t stride);
  void finish(float* slots, int64_t stride) const;

  int32_t slot_count() const { return slot_count_; }
  bool clips_whole_gradient() const { return global_ > 0; }
  bool needs_weights() const { return row_ && (row_->whole || norm_ > 0); }
  int32_t scratch() const { return row_ ? row_->info.scratch : 0; }

  // What a step keeps of a whole gradient, or of a weight's, of that sum of squares.
  void clip(double squares) { scale_ = scale_of(squares, global_); }

  // Adds gradients up over several steps, where it was asked to.
  void accumulate(float* gradient, float* slots, int64_t stride, int64_t count) const;
  // `excluded`: of SN_NO_DECAY and SN_PLAIN.
  void update(Stretch stretch, int32_t excluded = 0) const;

 private:
  sn_node node_;
  Node given_;
  const Optimizer* row_ = nullptr;
  sn_operator_info names_{};  // of the row, as `given_` reads it
  float decay_ = 0, norm_ = 0, value_ = 0, global_ = 0, ema_momentum_ = 0;
  bool ema_ = false;
  int64_t overwrite_every_ = 0, accumulated_ = 0;
  int32_t slot_count_ = 0;
  // Of the step.
  alignas(16) char step_[kStepBytes] = {};
  bool updates_ = true, first_ = false, overwrites_ = false;
  float keep_ = 1, scale_ = 1;

  static float scale_of(double squares, float most) {
    const double norm = __builtin_sqrt(squares);
    return norm > static_cast<double>(most) ? static_cast<float>(static_cast<double>(most) / norm)
                                            : 1.0f;
  }
};

}  // namespace sn
