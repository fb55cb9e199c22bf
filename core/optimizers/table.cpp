// The table of optimizers, and what all of them have in common: clipping, decay, averages.
#include "optimizer.h"

namespace sn {

// clang-format off: a line an optimizer
#define SN_OPTIMIZERS(row) \
  row(kAdadelta) \
  row(kAdafactor) \
  row(kAdagrad) \
  row(kAdam) \
  row(kAdamW) \
  row(kAdamax) \
  row(kFtrl) \
  row(kLamb) \
  row(kLion) \
  row(kMuon) \
  row(kNadam) \
  row(kRMSprop) \
  row(kSGD)
// clang-format on

#if defined(SN_PAGE)
#undef SN_OPTIMIZERS
#define SN_OPTIMIZERS(row) row(kAdam)
#endif

#define SN_DECLARE(name) extern const Optimizer name;
#define SN_ADDRESS(name) &name,
SN_OPTIMIZERS(SN_DECLARE)

namespace {
constexpr const Optimizer* kTable[] = {SN_OPTIMIZERS(SN_ADDRESS)};
}

int32_t optimizer_count() { return sizeof(kTable) / sizeof(kTable[0]); }

const Optimizer* optimizer_at(int32_t index) {
  return index >= 0 && index < optimizer_count() ? kTable[index] : nullptr;
}

const Optimizer* optimizer_of(const char* name) {
  for (int32_t i = 0; name && i < optimizer_count(); ++i) {
    if (same_text(optimizer_at(i)->info.name, name)) return optimizer_at(i);
  }
  return nullptr;
}

bool Optimization::read() {
  row_ = optimizer_of(node_.operation);
  if (!row_) return given_.refuse("unknown optimizer");
  const sn_optimizer_info& info = row_->info;
  names_ = {info.name, info.attributes, info.attribute_count, 0, 0};
  if (!given_.read(names_)) return false;
  decay_ = given_.real("weight_decay");
  norm_ = given_.real("clipnorm");
  value_ = given_.real("clipvalue");
  global_ = given_.real("global_clipnorm");
  if ((norm_ > 0) + (value_ > 0) + (global_ > 0) > 1)
    return given_.refuse("clipnorm, clipvalue and global_clipnorm are mutually exclusive");
  ema_ = given_.flag("use_ema");
  ema_momentum_ = given_.real("ema_momentum");
  overwrite_every_ = given_.whole("ema_overwrite_frequency");
  accumulated_ = given_.whole("gradient_accumulation_steps");
  for (int32_t i = 0; i < info.slot_count; ++i) {
    const char* when = info.slots[i].when;
    slot_count_ += !when || given_.number(when) > 0;
  }
  return true;
}

void Optimization::begin(float rate, int64_t done, const float* slots, int64_t stride) {
  if (!row_) return;
  const int64_t every = accumulated_ > 0 ? accumulated_ : 1;
  const int64_t before = done / every;  // updates
  updates_ = (done + 1) % every == 0;
  first_ = before == 0;
  overwrites_ = overwrite_every_ > 0 && (before + 1) % overwrite_every_ == 0;
  keep_ = 1.0f - rate * decay_;
  scale_ = 1;
  if (updates_) row_->prepare(given_, {rate, before + 1, slots, stride}, step_);
}

void Optimization::finish(float* slots, int64_t stride) const {
  if (row_ && row_->finish && updates_) row_->finish(step_, slots, stride);
}

void Optimization::accumulate(float* gradient, float* slots, int64_t stride, int64_t count) const {
  if (accumulated_ <= 0) return;
  float* __restrict sum = slots + (slot_count_ - 1) * stride;  // the last slot
  float* __restrict g = gradient;
  const float part = 1.0f / static_cast<float>(accumulated_);
  for (int64_t i = 0; i < count; ++i) {
    g[i] += sum[i];
    sum[i] = updates_ ? 0.0f : g[i];
    g[i] *= part;
  }
}

void Optimization::update(Stretch s, int32_t excluded) const {
  s.scale = scale_;
  s.plain = (excluded & SN_PLAIN) != 0;
  s.decays = !(excluded & SN_NO_DECAY);
  if (updates_) {
    if (norm_ > 0) s.scale = scale_of(squares_of(s.g, s.count), norm_);
    if (value_ > 0) {
      for (int64_t i = 0; i < s.count; ++i) s.g[i] = clamp(s.g[i], -value_, value_);
    }
    if (decay_ > 0 && s.decays && !row_->decays) {
      for (int64_t i = 0; i < s.count; ++i) s.w[i] *= keep_;
    }
    row_->update(step_, s);
  }
  if (!ema_) return;
  float* __restrict average = s.slot(slot_count_ - 1 - (accumulated_ > 0));
  float* __restrict w = s.w;
  const float keep = first_ ? 0.0f : ema_momentum_;
  for (int64_t i = 0; i < s.count; ++i) average[i] = keep * average[i] + (1.0f - keep) * w[i];
  for (int64_t i = 0; overwrites_ && i < s.count; ++i) w[i] = average[i];
}

}  // namespace sn
