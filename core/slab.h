// The memory of one slab in work: where a tensor's values and gradient are.
#pragma once

#include "lanes.h"
#include "plan.h"

namespace sn {

// A tensor's rows: `row(r)` is its r-th, pixels one after the other, channels innermost.
template <class T>
struct Rows {
  T* at;
  int64_t stride;
  T* row(int64_t r) const { return at + r * stride; }
};

// T is Lanes (a slab of images) or float (one image).
template <class T>
struct Slab {
  T* own;                   // a thread's: used again for the next slab
  T* shared;                // kept until the batch is done
  T* scratch;               // `scratch_units`: at least a row; for one image, the packed kernels
  float* gradients;         // of this slab's weights, but for the dense ones
  float* output_gradients;  // of this slab's dense outputs, [image][unit]
  float* sums;              // what this slab leaves before barriers
  uint8_t* augmented;       // memory of augment.h; of the thread
  T* passing = nullptr;     // rows of a tensor that passes; of the thread

  Rows<T> values(const Tensor& t) const {
    return {(t.batch_wide ? shared : own) + t.values.at, t.values.row};
  }
  Rows<T> gradient(const Tensor& t) const { return {own + t.gradient.at, t.gradient.row}; }
};

// Rows first() ... last(height) - 1 of an operation's outputs or, for `backward`, of its inputs.
struct Band {
  int32_t from = 0, to = 1 << 30;
  int32_t first() const { return kStreams ? from : 0; }
  int32_t last(int32_t height) const { return kStreams && to < height ? to : height; }
  bool begins() const { return first() == 0; }
  bool ends(int32_t height) const { return last(height) == height; }
};

// An operation on a slab: its tensors and their places. `x`, `dx`, `in` without a number are of the
// first input.
template <class T>
struct Context {
  const Operation& op;
  const Tensor& in;
  const Tensor& out;
  const Slab<T>& slab;
  const Plan& plan;

  const Edge& edge(int k) const { return plan.edges[op.first_edge + k]; }
  const Tensor& in_of(int k) const { return plan.tensors[edge(k).tensor]; }
  Rows<T> x() const { return slab.values(in); }
  Rows<T> y() const { return slab.values(out); }
  Rows<T> dx() const { return dx(0); }
  Rows<T> dy() const { return slab.gradient(out); }
  Rows<T> x(int k) const { return slab.values(in_of(k)); }
  Rows<T> dx(int k) const {
    if (kStreams && in.returning) return slab.gradient(in);
    return {slab.own + edge(k).place.at, edge(k).place.row};
  }
  // Values that an operation on some rows at a time leaves for the next rows.
  T* kept() const { return slab.scratch + op.kept_at; }
  int64_t in_row() const { return int64_t{op.in.width} * op.in.channels; }
  int64_t out_row() const { return int64_t{op.out.width} * op.out.channels; }
};

}  // namespace sn
