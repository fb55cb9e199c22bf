// The table of losses, and what all of them have in common: arguments, smoothing, right outputs.
#include "loss.h"

namespace sn {

// clang-format off: a line a loss
#define SN_LOSSES(row) \
  row(kBinaryCrossentropy) \
  row(kBinaryFocalCrossentropy) \
  row(kCategoricalCrossentropy) \
  row(kCategoricalFocalCrossentropy) \
  row(kCategoricalGeneralizedCrossEntropy) \
  row(kCategoricalHinge) \
  row(kCosineSimilarity) \
  row(kDice) \
  row(kHinge) \
  row(kHuber) \
  row(kKLDivergence) \
  row(kLogCosh) \
  row(kMeanAbsoluteError) \
  row(kMeanAbsolutePercentageError) \
  row(kMeanSquaredError) \
  row(kMeanSquaredLogarithmicError) \
  row(kPoisson) \
  row(kSparseCategoricalCrossentropy) \
  row(kSquaredHinge) \
  row(kTversky)
// clang-format on

#if defined(SN_PAGE)
#undef SN_LOSSES
#define SN_LOSSES(row) row(kCategoricalCrossentropy) row(kMeanSquaredError)
#endif

#define SN_DECLARE(name) extern const Loss name;
#define SN_ADDRESS(name) &name,
SN_LOSSES(SN_DECLARE)

namespace {

constexpr const Loss* kTable[] = {SN_LOSSES(SN_ADDRESS)};

const Loss* loss_named(const char* name) {
  for (int32_t i = 0; name && i < loss_count(); ++i) {
    if (same_text(loss_at(i)->info.name, name)) return loss_at(i);
  }
  return nullptr;
}

// True if the loss comes in the place of the activation at the network's end.
bool takes_place(const sn_loss_info& loss, const Plan& plan) {
  if (loss.activation == SN_SIGMOID) return plan.final_activation == kSigmoid;
  return loss.activation != SN_NONE && plan.final_activation == kSoftmax;
}

}  // namespace

int32_t loss_count() { return sizeof(kTable) / sizeof(kTable[0]); }

const Loss* loss_at(int32_t index) {
  return index >= 0 && index < loss_count() ? kTable[index] : nullptr;
}

bool read_loss(const sn_loss& given, const Plan& plan, LossTask& task, char* error) {
  const sn_node node = {given.name, nullptr, given.attributes, 0, given.attribute_count, 0};
  Node arguments(-1, node, error);
  task = {};
  task.row = loss_named(given.name);
  if (!task.row) return arguments.refuse("unknown loss");
  const sn_loss_info& info = task.row->info;
  if (!arguments.read({info.name, info.attributes, info.attribute_count, 0, 0})) return false;
  task.outputs = plan.outputs;
  task.skips_final = takes_place(info, plan);
  task.from_logits = task.skips_final;
  task.keep = task.on = 1;
  for (int32_t i = 0; i < info.attribute_count; ++i) {
    const char* name = info.attributes[i].name;
    const double value = arguments.number(name);
    task.arguments[i] = static_cast<float>(value);
    if (same_text(name, "from_logits") && value != 0) task.from_logits = true;
    if (same_text(name, "label_smoothing")) {
      const int32_t among = task.row->halves ? 2 : plan.outputs;
      task.keep = static_cast<float>(1 - value);
      task.added = static_cast<float>(value / among);
      task.off = task.arguments[i] / static_cast<float>(among);
      task.on = 1.0f - task.arguments[i] + task.off;
    }
  }
  return true;
}

Lanes LossSlab::target(int c) const { return targets(c); }

Lanes times(Lanes a, float b) { return a * b; }

Lanes exp_of(Lanes x) { return exp(x); }

Lanes log_of(Lanes x) {
  const float infinite = __builtin_inff();
  const Lanes below =
      x == Lanes{} ? broadcast<Lanes>(-infinite) : broadcast<Lanes>(infinite) * 0.0f;
  const Lanes found = x > Lanes{} ? log(x) : below;
  return x < broadcast<Lanes>(infinite) ? found : x;
}

Lanes power_of(Lanes x, float p) { return exp(log_of(max(broadcast<Lanes>(1e-30f), x)) * p); }

Lanes crossentropy_of_logit(Lanes z, Lanes t) {
  return max(Lanes{}, z) - z * t + log(exp(-magnitude(z)) + 1.0f);
}

int64_t right_outputs(const LossSlab& slab) {
  int64_t right = 0;
  for (int c = 0; c < slab.task.outputs; ++c) {
    const IntLanes wanted = slab.target(c) > broadcast<Lanes>(slab.task.row->boundary);
    const IntLanes equal = wanted == (slab.y[c] > Lanes{});
    for (int i = 0; i < slab.targets.picked.count; ++i) right += equal[i] != 0;
  }
  return right;
}

}  // namespace sn
