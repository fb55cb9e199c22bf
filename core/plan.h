// A network whose shapes are known: tensors, operations, and where each lies in memory.
//
// Knows: shapes, and offsets in units of one lane vector (a slab) or one float (a single image).
// Knows nothing of arithmetic. Built once by `make_plan`, then only read.
#pragma once

#include "activations.h"
#include "spritenet.h"

namespace sn {

struct Kernels;  // ops/operator.h

inline constexpr int kMaxNodes = 256;
inline constexpr int kMaxOperations =
    384;  // a node may need a copy of its input, and its activation
inline constexpr int kMaxTensors = kMaxOperations + 1;
inline constexpr int kMaxEdges = 768;
inline constexpr int kMaxWeights = 4 * kMaxNodes;
inline constexpr int kMaxAugmentations = 24;

// Slabs that a thread takes through a network together, at most: as many as registers hold of a tile
// (kernels/dense.h).
#if defined(__wasm__)
inline constexpr int kMostGroup = 1;  // there a small download counts for more
#elif defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int kMostGroup = 4;
#else
inline constexpr int kMostGroup = 2;
#endif
inline constexpr int64_t kMaxUnits = int64_t{1}
                                     << 40;  // refuse networks beyond a terabyte of values

// True if networks may reuse memory, and threads share one image: not where a small download counts for
// more.
#if defined(__wasm__)
inline constexpr bool kLargeImages = false;
#else
inline constexpr bool kLargeImages = true;
#endif

// True if operations follow each other row by row (stream.h).
inline constexpr bool kStreams = kLargeImages;

// What random layers do (augment.h); those that move pixels first, those that mix two images last.
enum AugmentationKind : int32_t {
  kFlip,
  kTranslation,
  kRotation,
  kZoom,
  kShear,
  kCrop,
  kElastic,
  kBrightness,
  kContrast,
  kErasing,
  kMixUp,
  kCutMix
};

enum PaddingKind : int32_t { kValid, kSame };

struct Shape {
  int32_t height, width, channels;
  int64_t size() const { return int64_t{height} * width * channels; }
};

// A block of rows in a slab's memory: `at` is its first value, `row` the values from row to row.
struct Place {
  int64_t at, row;
};

// The values that flow between operations. `activation` is applied by whoever writes the values, and its
// derivative by whoever writes the gradient; so it costs no pass and no memory of its own.
struct Tensor {
  Shape shape;  // as written; Flatten reads the same values as one row
  Place values;
  Place gradient;  // the same place as the values, wherever nobody needs those any more
  int64_t padded_at, padded_size;  // the block including a border of zeros for `same` padding
  bool clears_border;              // something else lies there for a time
  int32_t producer;                // the operation that writes it; -1: the image
  int32_t readers;                 // operations that read it
  int32_t activation;
  float alpha;
  bool batch_wide;  // kept for every slab of the batch, not only for the one a thread works on
  bool passing;     // in training only in parts, made again on the way back (stream.cpp)
  bool returning;   // so is its gradient, which is not made again
};

// That an operation reads a tensor, in that shape. Where several readers of a tensor want a gradient, the first on the
// way back writes it, and each of the others writes one of its own, which is then added.
struct Edge {
  int32_t tensor;
  Shape shape;
  bool gradient;  // whether anything before it learns
  bool adds;
  Place place;  // of the gradient that the operation writes
};

struct Window {
  int32_t height, width, stride_height, stride_width, pad_top, pad_left;
  int32_t dilation_height = 1, dilation_width = 1;
};

// What holds of a weight after every step.
enum ConstraintKind : int32_t { kFree, kNonNegative, kNorm, kUnknownConstraint };

struct Constraint {
  int32_t kind;
  float least, most, rate;  // of norms: how far a step brings them towards that range
  int32_t axes;             // along which norms are taken: a bit for each
};

// OrthogonalRegularizer of a matrix; factor 0: none.
struct Orthogonal {
  float factor;
  bool by_columns;
};

// The arrays as long as the parameters that it works in.
inline constexpr int64_t kOrthogonalArrays = 4;

struct Operation {
  const Kernels* kernels;
  int32_t node;  // where it came from; also its place in dropout's random numbers
  int32_t first_edge, edge_count;
  int32_t input, output;  // tensors; the first of its inputs
  Shape in, out;
  bool input_gradient;  // of any of its inputs
  bool trainable;       // its weights get gradients and steps
  bool hands_on;        // the gradient of its output is that of each input
  // The values that its backward pass reads while it writes the gradients of its inputs.
  bool keeps_input, keeps_output;
  bool wants_border;    // its windows read zeros around the input
  bool matrix;          // its kernel is [in][units], with a gradient summed once a batch
  bool whole_batch;     // cuts the plan: waits for statistics of the whole batch
  bool winograd;        // conv2d: trained by kernels/winograd.h
  bool large;           // conv2d: trained by kernels/winograd_large.h
  bool row;             // conv2d: trained by kernels/winograd_row.h
  bool row_gradient;    // conv2d: its kernel's gradient by kernels/winograd_row_gradient.h
  int32_t stretches;    // of the kernel, packed together: the taps of Winograd filtering, else 1
  bool banded;          // conv2d: its kernel's gradient by kernels/banded_gradient.h
  bool outer;           // or by kernels/outer_gradient.h
  Window window;        // convolutions, pooling, padding
  int32_t groups;       // conv2d: of channels that are convolved apart
  int32_t sides[3];     // permute: the axis each axis comes from; prelu: the shape of alpha;
                        // activations over an axis: which
  float scale, offset;  // rescaling
  float rate;           // dropout
  int32_t function;     // activation
  float alpha;
  // Weights that are trained: rows of `units` numbers, and one row more. Offsets into the host's one
  // array; -1 for none.
  int64_t kernel, bias;
  int32_t units;   // as many as there are output channels, unless an operator says otherwise
  int32_t fan_in;  // rows of the kernel; conv2d: kernel_height * kernel_width * channels
  float kernel_l2, bias_l2, kernel_l1, bias_l1;
  // Packed copies of the kernel (see kernels/pack.h), offsets into the network's packed floats.
  int64_t packed_count;  // floats of each
  int64_t packed_forward, packed_backward;
  int64_t slab_gradient;  // place of its weights' gradients in a slab's sums, kernel before bias
  // dense: place of the transposed output gradients in a slab's batch-wide memory, in floats.
  int64_t output_gradients;
  int32_t padded_units;  // dense: outputs rounded up to whole vectors
  bool kernel_in_place;  // dense: training reads the host's kernel, not packed copies
  int64_t scratch;       // vectors it works in
  bool by_rows;          // its kernels work on some rows at a time (Pass::rows)
  bool follows;          // in training, on those that the operation before it has just made
  int64_t kept;          // vectors that it keeps in scratch from rows to rows,
  int64_t kept_at;       // and their place there
  // Batch normalisation: places of the moving averages in the parameters, of what a slab leaves in its
  // sums, and of the batch's statistics in the network's.
  int64_t moving, slab_sums, statistics;
  float momentum, epsilon;
  // Its kernel's rows have a number for each output channel, so that a batch normalisation after it can
  // be done in its weights; and which is (Plan::folds; -1: none). Then its weights are the network's
  // folded ones, not the host's.
  bool foldable;
  int32_t fold;
};

// A batch normalisation that predicting does in the weights of the operation before it.
struct Fold {
  int32_t operation;
  int64_t kernel, bias;         // of that operation, among the parameters; -1 for none
  int64_t gamma, beta, moving;  // of the normalisation
  int64_t factors;              // place among the folded floats
  float epsilon;
};

// A random layer at the head of the network: it changes images while they are gathered in training.
struct Augmentation {
  int32_t kind;
  Shape in, out;
  double low[2], high[2];     // the ranges of its random numbers
  bool horizontal, vertical;  // flip
  bool same_factor;           // zoom: of width and height
  bool noise;                 // erasing: no `fill_value`
  bool nearest;               // no interpolation
  int32_t fill_mode;
  double fill_value;   // as a pixel, 0 to 255
  double least, most;  // the range of values, as pixels
};

// The output of a node: seen from outside, and by the nodes that read it.
struct Value {
  int32_t tensor;
  int32_t
      activation;  // still to be applied: relu before a max pooling is applied after the pooling
  Shape shape;
  int32_t rank;     // 3: an image; 2: rows of channels, one image row; 1: a vector
  int32_t readers;  // nodes, and the host for the last
};

struct Plan {
  int32_t node_count, tensor_count, operation_count, edge_count, weight_count;
  int32_t threads, batch_size;
  int32_t group;       // slabs that a thread takes through the network together
  bool reuses_memory;  // tensors that nothing reads any more make place for others
  bool one_by_one;     // no memory for slabs: images are predicted singly
  Tensor tensors[kMaxTensors];
  Operation operations[kMaxOperations];
  Edge edges[kMaxEdges];
  // Operations that wait for the whole batch: each cuts the way forward before it, and the way back
  // behind it. None: one stage.
  int32_t barrier_count, barriers[kMaxNodes];
  Value image, values[kMaxNodes];  // the image: as the host gives it
  int32_t augmentation_count;
  Augmentation augmentations[kMaxAugmentations];
  int32_t crop_top, crop_left;  // of the first tensor in the image, where nothing is augmented
  sn_weight weights[kMaxWeights];
  Constraint constraints[kMaxWeights];
  bool constrained;  // any trainable weight
  Orthogonal orthogonal[kMaxWeights];
  int64_t penalty_arrays;  // kOrthogonalArrays, if any trainable weight has one
  int32_t fold_count;
  Fold folds[kMaxNodes];
  int64_t folded_count;  // floats
  int32_t output;        // the tensor of the last node
  int32_t
      final_activation;  // kSoftmax or kSigmoid, where an operation of its own does it; or kLinear
  bool starts_with_rescaling;  // done while the images are gathered
  int64_t parameter_count;
  int64_t packed_count;         // floats
  int64_t slab_gradient_count;  // floats
  int64_t slab_sum_count;       // floats that a slab leaves before barriers
  int64_t statistic_count;      // floats of the batch
  int64_t thread_units;         // of one slab, private to a thread; with barriers, to the slab
  int64_t batch_units;          // of one slab, kept for the whole batch
  int64_t passing_units;        // of a thread, for the rows of a tensor that passes and, from
  int64_t returning_at;         // here on, of a gradient
  int64_t scratch_units;        // a row to write a gradient into before it is put in place, or more
                                // where Winograd works
  int64_t output_gradient_count;  // floats of one slab, of all dense
  int32_t outputs;                // values of the last tensor
};

// The node after `count` values of these shapes; fills `plan` with it alone. False and a line of text
// if it does not fit them.
bool infer(const sn_node& node, const sn_shape* inputs, Plan& plan, char* error);

// Fills `plan`; false and a line of text if the nodes do not fit each other or the image.
bool make_plan(const sn_network_spec& spec, Plan& plan, char* error);

}  // namespace sn
