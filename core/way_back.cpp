// Places the gradients of a plan in memory: in that of values which nobody needs any more, or apart.
#include "ops/operator.h"

// Runs once for a network: small rather than fast.
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)

namespace sn {

bool Builder::keeps_output(const Tensor& tensor) const {
  return tensor.producer >= 0 && plan_.operations[tensor.producer].keeps_output;
}

// A gradient may overwrite the values it belongs to unless somebody still needs those: another reader,
// Dense for its kernel's gradient, overlapping windows because each value is looked at several times,
// softmax because its derivative mixes all outputs.
bool Builder::gradient_apart(const Tensor& tensor, int32_t index) const {
  if (tensor.readers > 1 || (kStreams && (tensor.passing || tensor.returning)) ||
      keeps_output(tensor))
    return true;
  for (int32_t i = 0; i < plan_.operation_count; ++i) {
    const Operation& op = plan_.operations[i];
    const bool apart = op.keeps_input || (kLargeImages && takes_over(tensor, op));
    for (int32_t k = 0; apart && k < op.edge_count; ++k) {
      if (plan_.edges[op.first_edge + k].tensor == index) return true;
    }
  }
  return false;
}

// The way back: what lies where while operations work, from the last to the first.
class WayBack {
 public:
  // Values or a gradient, needed from the work of operation `last` to that of `first`.
  void hold(int64_t at, int64_t size, int32_t first, int32_t last) {
    int32_t place = count_++;
    for (; place > 0 && held_[place - 1].at > at; --place) held_[place] = held_[place - 1];
    held_[place] = {at, rounded(size), first, last};
  }

  // The first gap between what is needed in that time, also over what is needed in another.
  int64_t place(int64_t size, int32_t first, int32_t last) {
    int64_t at = 0;
    for (int32_t i = 0; i < count_; ++i) {
      const Held& other = held_[i];
      if (other.first > last || other.last < first) continue;
      if (other.at - at >= rounded(size)) break;
      if (other.at + other.size > at) at = other.at + other.size;
    }
    hold(at, size, first, last);
    return at;
  }

  // True if something is held there besides one.
  bool shares(int64_t at, int64_t size) const {
    int32_t found = 0;
    for (int32_t i = 0; i < count_; ++i) {
      found += held_[i].at < at + size && at < held_[i].at + held_[i].size;
    }
    return found > 1;
  }

  int64_t end() const {
    int64_t end = 0;
    for (int32_t i = 0; i < count_; ++i) {
      const int64_t its = held_[i].at + held_[i].size;
      if (its > end) end = its;
    }
    return end;
  }

 private:
  struct Held {
    int64_t at, size;
    int32_t first, last;
  };

  static int64_t rounded(int64_t size) { return (size + 15) / 16 * 16; }

  Held held_[2 * kMaxTensors + kMaxEdges];  // in the order of their places
  int32_t count_ = 0;
};

// The last operation on the way back that works at the same time as one, and the first.
int32_t stream_end(const Plan& plan, int32_t i) {
  while (kStreams && i > 0 && plan.operations[i].follows && !plan.operations[--i].whole_batch)
    continue;
  return i;
}
int32_t stream_begin(const Plan& plan, int32_t i) {
  if (!kStreams || (i < plan.operation_count && plan.operations[i].whole_batch)) return i;
  while (i + 1 < plan.operation_count && plan.operations[i + 1].follows &&
         !plan.operations[++i].whole_batch) {
    continue;
  }
  return i;
}

// True if the gradient of an operation's output is also that of a tensor it reads: nobody writes to it.
bool Builder::takes_over(const Tensor& tensor, const Operation& reader) const {
  const Tensor& out = plan_.tensors[reader.output];
  return reader.hands_on && tensor.readers == 1 && tensor.activation == kLinear &&
         tensor.producer >= 0 && !tensor.batch_wide &&
         (out.readers > 1 || out.padded_size == out.shape.size());  // without a border
}

// A gradient's place where an operation writes it from one that returns: that of the values whose gradient
// returns, which are read just before. Else null.
const Tensor* Builder::overwritten(const Tensor& tensor, const Operation& reader) const {
  const Tensor& out = plan_.tensors[reader.output];
  if (!kStreams || !tensor.passing || !out.returning || out.padded_size != out.shape.size())
    return nullptr;
  const Window& w = reader.window;
  const int64_t row = int64_t{tensor.shape.width} * tensor.shape.channels;
  const int64_t out_row = int64_t{out.shape.width} * out.shape.channels;
  const bool fits = tensor.shape.size() <= out.shape.size() && w.stride_height * row <= out_row;
  return fits ? &out : nullptr;
}

// Each gradient in the place of its values, or in memory that is free from its last reader's work to its
// producer's; those that are added to others, while their operation works.
void Builder::place_gradients() {
  const int32_t count = plan_.operation_count;
  int32_t first_reader[kMaxTensors], last_reader[kMaxTensors];
  for (int32_t i = 0; i < plan_.tensor_count; ++i) first_reader[i] = last_reader[i] = count;
  for (int32_t i = count - 1; i >= 0; --i) {
    const Operation& op = plan_.operations[i];
    for (int32_t k = 0; k < op.edge_count; ++k) {
      const int32_t tensor = plan_.edges[op.first_edge + k].tensor;
      if (first_reader[tensor] == count) last_reader[tensor] = i;
      first_reader[tensor] = i;
    }
  }
  last_reader[plan_.output] = count;  // the loss, also of what a final activation reads
  if (plan_.final_activation != kLinear) last_reader[plan_.operations[count - 1].input] = count;
  WayBack way;
  bool apart[kMaxTensors];
  for (int32_t i = 0; i < plan_.tensor_count; ++i) {
    const Tensor& t = plan_.tensors[i];
    apart[i] = gradient_apart(t, i);
    const bool whole = !apart[i] || keeps_output(t);
    if (!t.batch_wide && !(kStreams && t.passing))
      way.hold(t.padded_at, t.padded_size, stream_end(plan_, whole ? t.producer : first_reader[i]),
               count);
  }
  bool written[kMaxTensors] = {};
  for (int32_t i = count; i >= 0; --i) {
    for (int32_t k = 0; k < plan_.tensor_count; ++k) {
      Tensor& t = plan_.tensors[k];
      if (!apart[k] || last_reader[k] != i || (kStreams && t.returning)) continue;
      t.gradient.row = int64_t{t.shape.width} * t.shape.channels;
      const int32_t end = stream_end(plan_, t.producer), begin = stream_begin(plan_, i);
      const Tensor* over = i < count ? overwritten(t, plan_.operations[i]) : nullptr;
      if (kLargeImages && i < count && takes_over(t, plan_.operations[i])) {
        t.gradient = plan_.tensors[plan_.operations[i].output].gradient;
        way.hold(t.gradient.at, t.shape.size(), end, i);
        continue;
      }
      t.gradient.at = over ? over->padded_at : way.place(t.shape.size(), end, begin);
      if (over) way.hold(t.gradient.at, t.shape.size(), end, begin);
    }
    if (i < count) place_edges(plan_.operations[i], written, way);
  }
  plan_.thread_units = way.end() > plan_.thread_units ? way.end() : plan_.thread_units;
  for (int32_t i = 0; i < plan_.tensor_count; ++i) {
    Tensor& t = plan_.tensors[i];
    if (kStreams && t.passing) continue;
    t.clears_border =
        !t.batch_wide && t.padded_size > t.shape.size() && way.shares(t.padded_at, t.padded_size);
  }
}

// The gradients that an operation writes: a tensor's, or one that is added to it.
void Builder::place_edges(const Operation& op, bool* written, WayBack& way) {
  const int32_t place = static_cast<int32_t>(&op - plan_.operations);
  for (int32_t k = 0; k < op.edge_count; ++k) {
    Edge& edge = plan_.edges[op.first_edge + k];
    const Tensor& tensor = plan_.tensors[edge.tensor];
    edge.place = tensor.gradient;
    edge.adds = edge.gradient && written[edge.tensor];
    written[edge.tensor] = written[edge.tensor] || edge.gradient;
    if (!edge.adds) continue;
    edge.place = {
        way.place(tensor.shape.size(), stream_end(plan_, place), stream_begin(plan_, place)),
        int64_t{tensor.shape.width} * tensor.shape.channels};
  }
}

}  // namespace sn

#pragma clang attribute pop
