// What a network is once its sizes are known: tensors, operations, and where each lies in memory.
//
// Knows: shapes, and offsets in units of one lane vector (a slab) or one float (a single image).
// Knows nothing of arithmetic. Built once by `make_plan`, then only read.
#pragma once

#include "spritenet.h"

namespace sn {

inline constexpr int kMaxLayers = 64;
inline constexpr int kMaxTensors = kMaxLayers + 1;
inline constexpr int64_t kMaxUnits = int64_t{1} << 40;  // refuse networks beyond a terabyte of values

struct Shape {
  int32_t height, width, channels;
  int64_t size() const { return int64_t{height} * width * channels; }
};

// A block of rows in a slab's memory: `at` is its first value, `row` the values from row to row.
struct Place {
  int64_t at, row;
};

// What flows between two operations. `activation` is applied by whoever writes the values, and its
// derivative by whoever writes the gradient; so it costs no pass and no memory of its own.
struct Tensor {
  Shape shape;             // as written; Flatten reads the same values as one row
  Place values;
  Place gradient;  // the same place as the values, wherever nobody needs those any more
  int64_t padded_at, padded_size;  // the block including a border of zeros for `same` padding
  int32_t activation;
  float alpha;
  bool batch_wide;  // kept for every slab of the batch, not only for the one a thread works on
};

enum class Kind : int32_t {
  conv2d,
  dense,
  max_pooling,
  average_pooling,
  rescaling,
  dropout,
  activation,  // one that needs its input for the derivative, or a second one in a row
  softmax
};

struct Window {
  int32_t height, width, stride_height, stride_width, pad_top, pad_left;
};

struct Operation {
  Kind kind;
  int32_t input, output;  // tensors
  Shape in, out;
  int32_t layer;          // the layer it came from: its place in dropout's random numbers
  bool input_gradient;    // whether anything before it learns
  Window window;          // conv2d, pooling
  bool winograd;          // conv2d: trained by layers/winograd.h
  float scale, offset;    // rescaling
  float rate;             // dropout
  int32_t function;       // activation
  float alpha;
  // Parameters: offsets into the host's one array; -1 for none.
  int64_t kernel, bias;
  int32_t fan_in;         // values one output sums over: kernel_height * kernel_width * channels
  float kernel_l2, bias_l2;
  // Packed copies of the kernel (see layers/pack.h), offsets into the network's packed floats.
  int64_t packed_forward, packed_backward;
  // conv2d: place of its kernel and bias gradients in a slab's sums.
  int64_t slab_gradient;
  // dense: place of the transposed output gradients in a slab's batch-wide memory, in floats.
  int64_t output_gradients;
  int32_t padded_units;   // dense: outputs rounded up to whole vectors
};

struct Plan {
  int32_t layer_count, tensor_count, operation_count;
  int32_t threads, batch_size;
  Tensor tensors[kMaxTensors];
  Operation operations[kMaxLayers];
  // For each of the host's layers: the tensor that holds its output, and the activation still to be
  // applied to it (relu before a max pooling is applied after the pooling).
  int32_t layer_tensor[kMaxLayers];
  int32_t layer_activation[kMaxLayers];
  Shape layer_shape[kMaxLayers];
  bool ends_in_softmax;
  int64_t parameter_count;
  int64_t packed_count;          // floats
  int64_t slab_gradient_count;   // floats, of all conv2d
  int64_t thread_units;          // of one slab, private to a thread
  int64_t batch_units;           // of one slab, kept for the whole batch
  int64_t scratch_units;         // a row to write a gradient into before it is put in place, or more
                                 // where Winograd works
  int64_t output_gradient_count; // floats of one slab, of all dense
  int32_t outputs;               // values of the last tensor
};

// Fills `plan`; false and a line of text if the layers do not fit each other or the image.
bool make_plan(const sn_network_spec& spec, Plan& plan, char* error);

}  // namespace sn
