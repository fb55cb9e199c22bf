#include "stream.h"

// Runs once for a network, or for many rows: small rather than fast.
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)

namespace sn {
namespace {

// Rows of outputs for which so many of the input are enough.
int32_t rows_ready(const Operation& op, int32_t made) {
  const Window& w = op.window;
  if (made >= op.in.height) return op.out.height;
  if (w.height == 0) return made;
  const int32_t reach = made + w.pad_top - w.height;
  if (reach < 0) return 0;
  const int32_t rows = reach / w.stride_height + 1;
  return rows < op.out.height ? rows : op.out.height;
}

// Rows of the input's gradient for which so many of the output's are enough.
int32_t gradients_ready(const Operation& op, int32_t made) {
  const Window& w = op.window;
  if (made >= op.out.height) return op.in.height;
  if (w.height == 0) return made;
  const int32_t rows = made * w.stride_height - w.pad_top;
  return rows < 0 ? 0 : rows < op.in.height ? rows : op.in.height;
}

// The rows in work of a tensor that passes, zeros around them included.
class Passing {
 public:
  Tensor tensor;  // as its producer and its reader see it

  Passing(const Plan& plan, const Operation& producer, const Slab<Lanes>& slab)
      : tensor(plan.tensors[producer.output]),
        slab_(slab),
        left_((tensor.values.at - tensor.padded_at) % tensor.values.row) {}

  // The rows that outputs from ... to - 1 of the reader and the gradients which these complete need;
  // make(first, last) makes some.
  template <class Make>
  void move(const Operation& reader, int32_t from, int32_t to, Make make) {
    const Window& w = reader.window;
    const int32_t height = reader.in.height, first = from * w.stride_height - w.pad_top;
    int32_t last = (to - 1) * w.stride_height + w.height - w.pad_top;
    const int32_t complete = to * w.stride_height - w.pad_top;
    if (last < complete) last = complete;
    if (to == reader.out.height && last < height) last = height;
    const int64_t row = tensor.values.row;
    if (from == 0) last_ = first;
    const Lanes* old = slab_.passing + (first - first_) * row;
    for (int64_t i = 0; i < (last_ - first) * row; ++i) slab_.passing[i] = old[i];
    for (int32_t r = last_ > first ? last_ : first; r < last; ++r)
      clear(r - first, r < 0 || r >= height);
    tensor.values.at = (slab_.passing - slab_.own) + left_ - first * row;
    const int32_t begin = last_ > 0 ? last_ : 0, end = last < height ? last : height;
    first_ = first;
    last_ = last;
    if (begin < end) make(begin, end);
  }

 private:
  const Slab<Lanes>& slab_;
  int64_t left_;
  int32_t first_ = 0, last_ = 0;

  void clear(int32_t place, bool outside) const {
    Lanes* at = slab_.passing + place * tensor.values.row;
    const int64_t inside = int64_t{tensor.shape.width} * tensor.shape.channels;
    for (int64_t i = 0; i < tensor.values.row; ++i) {
      if (i == left_ && !outside) i += inside;
      if (i < tensor.values.row) at[i] = Lanes{};
    }
  }
};

// Operations of a stage at work on one slab.
class Stream {
 public:
  // `last`: on the way back, a normalisation that has its sums.
  Stream(const Plan& plan, const Slab<Lanes>& slab, const Pass& pass, int32_t first, int32_t last)
      : plan_(plan),
        slab_(slab),
        pass_(pass),
        passes_(plan.tensors[plan.operations[first].output].passing ? first : -2),
        passing_(plan, plan.operations[first], slab),
        returns_(last >= 0 && plan.tensors[plan.operations[last].input].returning ? last : -2),
        returning_(plan.tensors[plan.operations[first].output]) {
    if (returns_ >= 0) returning_ = plan.tensors[plan.operations[last].input];
  }

  void forward(int32_t first, int32_t last, bool collects) {
    const int32_t root = first + (passes_ >= 0 ? 1 : 0);
    const int32_t height = plan_.operations[root].out.height;
    const int32_t band = band_rows(plan_.operations[root]);
    int32_t done[kMaxOperations];
    for (int32_t i = root; i <= last; ++i) done[i] = 0;
    for (int32_t from = 0; from < height; from += band) {
      int32_t made = from + band < height ? from + band : height;
      if (passes_ >= 0) make(from, made);
      for (int32_t i = root; i <= last; ++i) {
        if (i > root) made = rows_ready(plan_.operations[i], made);
        const Kernels& kernels = *plan_.operations[i].kernels;
        work(i, collects && i == last ? kernels.collect : kernels.forward, done[i], made,
             SN_TIME_FORWARD);
        done[i] = made;
      }
    }
  }

  void backward(int32_t first, int32_t last, bool sums, bool returns) {
    const int32_t height = plan_.operations[last].out.height;
    const int32_t band = band_rows(plan_.operations[last]);
    int32_t done[kMaxOperations], written[kMaxOperations];
    for (int32_t i = first; i <= last; ++i) done[i] = written[i] = 0;
    for (int32_t from = 0; from < height; from += band) {
      int32_t made = from + band < height ? from + band : height;
      for (int32_t i = last; i >= first; --i) {
        const Operation& op = plan_.operations[i];
        const bool passes = passes_ >= 0 && i == passes_ + 1;
        const bool counts = op.trainable && op.kernels->weight_gradient && !(returns && i == last);
        const bool carries = op.input_gradient && !(sums && i == first);
        const int32_t step = passes ? band_rows(op) : made - done[i];
        while (done[i] < made) {
          const int32_t to = made - done[i] > step ? done[i] + step : made;
          if (passes) make(done[i], to);
          if (counts) work(i, op.kernels->weight_gradient, done[i], to, SN_TIME_WEIGHTS);
          done[i] = to;
          const int32_t ready = gradients_ready(op, to);
          if (i == returns_) slide(written[i], written[i - 1]);
          if (carries) work(i, op.kernels->backward, written[i], ready, SN_TIME_INPUTS);
          written[i] = ready;
        }
        made = written[i];
      }
    }
  }

 private:
  const Plan& plan_;
  const Slab<Lanes>& slab_;
  Pass pass_;
  int32_t passes_;  // the operation whose output passes; -2: none
  Passing passing_;
  int32_t returns_;   // the operation whose input's gradient returns; -2: none
  Tensor returning_;  // that input, as both sides see it
  int32_t kept_ = 0;  // the first row of its gradient that is there

  // Keeps those rows before `end` which the gradients from `next` on need.
  void slide(int32_t end, int32_t next) {
    const Operation& before = plan_.operations[returns_ - 1];
    const Window& w = before.window;
    const int32_t reach = next + w.pad_top + 1 - w.height;
    int32_t first = reach < 0 ? 0 : reach / w.stride_height;
    if (first > end || !before.input_gradient) first = end;
    const int64_t row = int64_t{returning_.shape.width} * returning_.shape.channels;
    Lanes* const rows = slab_.passing + plan_.returning_at;
    const Lanes* old = rows + (first - kept_) * row;
    for (int64_t i = 0; i < (end - first) * row; ++i) rows[i] = old[i];
    kept_ = first;
    returning_.gradient = {(rows - slab_.own) - first * row, row};
  }

  void make(int32_t from, int32_t to) {
    const Operation& producer = plan_.operations[passes_];
    passing_.move(plan_.operations[passes_ + 1], from, to, [&](int32_t first, int32_t last) {
      work(passes_, producer.kernels->forward, first, last, SN_TIME_FORWARD);
    });
  }

  void work(int32_t index, void (*kernel)(const Context<Lanes>&, const Pass&), int32_t first,
            int32_t last, int part) {
    if (first >= last) return;
    const Operation& op = plan_.operations[index];
    pass_.rows = {first, last};
    const Tensor& in = index == passes_ + 1 ? passing_.tensor
                       : index == returns_  ? returning_
                                            : plan_.tensors[op.input];
    const Tensor& out = index == passes_ && part == SN_TIME_FORWARD ? passing_.tensor
                        : index == returns_ - 1                     ? returning_
                                                                    : plan_.tensors[op.output];
    kernel({op, in, out, slab_, plan_}, pass_);
    lap(pass_.times, time_of(index, part));
  }
};

}  // namespace

void stream_forward(const Plan& plan, const Slab<Lanes>& slab, const Pass& pass, int32_t first,
                    int32_t last, bool collects) {
  Stream(plan, slab, pass, first, -1).forward(first, last, collects);
}

void stream_backward(const Plan& plan, const Slab<Lanes>& slab, const Pass& pass, int32_t first,
                     int32_t last, bool sums, bool returns) {
  Stream(plan, slab, pass, first, returns ? last : -1).backward(first, last, sums, returns);
}

}  // namespace sn

#pragma clang attribute pop
