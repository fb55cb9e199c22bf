// An operator: its row in the table, what it makes of its inputs, and its kernels.
//
// Each is one file here, and one name in table.cpp. A row says what hosts may ask for; `add` says what
// shape and weights come of it and puts operations into the plan; kernels do those operations' work.
#pragma once

#include "../gather.h"
#include "../kernels/activation.h"
#include "../profile.h"
#include "builder.h"

namespace sn {

// The inputs of a pass over a slab.
struct Pass {
  const float* parameters;
  const float* packed;
  bool dropout;      // dropout works
  bool keep_logits;  // leave out the last operation, in whose place the loss comes
  bool winograd;     // where the plan says so
  uint64_t seed, step;
  int64_t first_image;            // of the slab, counted in the batch
  int images;                     // in the slab; the other lanes repeat the first
  const float* statistics;        // of the batch, while training; else null
  int64_t* times = nullptr;       // of the thread, where its time is taken (profile.h)
  int32_t part = 0, parts = 1;    // of an operation on one image that threads share
  const float* folded = nullptr;  // in place of the parameters, for operations with folded weights
  Band rows = {};                 // of an operation that works by rows
};

// The sums that all slabs leave before a barrier: slab s at sums + s stride.
struct Joined {
  const float* sums;
  int64_t stride, slabs, images;
  const float* parameters;
};

// The work of one kind of operation; null where there is none.
struct Kernels {
  void (*forward)(const Context<Lanes>&, const Pass&) = nullptr;
  void (*single)(const Context<float>&, const Pass&) = nullptr;  // one image: seldom()
  // Writes the gradient of every input that wants one, by the derivative of that tensor's activation.
  void (*backward)(const Context<Lanes>&, const Pass&) = nullptr;
  // Leaves the gradients of the weights in the slab's sums, or what the batch's sum is taken from.
  void (*weight_gradient)(const Context<Lanes>&, const Pass&) = nullptr;
  // Rearranges rows first ... last-1 of the kernel (of each of nine taps, for Winograd).
  void (*pack)(const Operation&, const float* kernel, float* packed, int64_t first, int64_t last,
               bool winograd) = nullptr;
  // Operation::matrix: the gradients of rows of the kernel and of the bias, of `slabs` slabs.
  void (*kernel_gradient)(const Operation&, const Lanes* const* inputs,
                          const float* const* gradients, int slabs, int64_t first, int64_t last,
                          float* gradient) = nullptr;
  void (*bias_gradient)(const Operation&, const float* const* gradients, int slabs,
                        float* gradient) = nullptr;
  // Operation::whole_batch: what a slab leaves before `forward` (before `backward`: weight_gradient),
  // what is made of all slabs' while no thread works on one, and what a finished step writes.
  void (*collect)(const Context<Lanes>&, const Pass&) = nullptr;
  void (*join)(const Operation&, const Joined&, float* statistics) = nullptr;
  void (*join_backward)(const Operation&, const Joined&, float* statistics) = nullptr;
  void (*commit)(const Operation&, const float* statistics, float* parameters) = nullptr;
  // `forward` and `backward` of several slabs at a time, where that is faster.
  void (*forward_group)(const Plan&, const Operation&, const Slab<Lanes>* slabs, int count,
                        const Pass&) = nullptr;
  void (*backward_group)(const Plan&, const Operation&, const Slab<Lanes>* slabs, int count,
                         const Pass&) = nullptr;
  int32_t (*single_parts)(const Operation&) = nullptr;  // that `single` may be shared among
};

// A kernel for one image where speed counts for more than a small download; elsewhere a slab's does its
// work, on one lane (network.cpp).
constexpr auto seldom(void (*single)(const Context<float>&, const Pass&)) {
  return kPlainTails ? nullptr : single;
}

struct Operator {
  sn_operator_info info;
  bool (*add)(Builder& builder, const Node& node);
};

template <int N>
constexpr sn_operator_info row_of(const char* name, const sn_attribute_info (&attributes)[N],
                                  int least_inputs = 1, int most_inputs = 1) {
  return {name, attributes, N, least_inputs, most_inputs};
}
constexpr sn_operator_info row_of(const char* name, int least_inputs = 1, int most_inputs = 1) {
  return {name, nullptr, 0, least_inputs, most_inputs};
}

// The kinds of attributes.
constexpr double kAny = 3.4028234e38;              // the largest float
constexpr double kBelowOne = 0.99999999999999989;  // 1 - 2^-53
constexpr int kMaxSide = 4096;
constexpr int kMostUnits = 65536;
constexpr sn_attribute_info number(const char* name, double value, double least = -kAny,
                                   double most = kAny) {
  return {name, nullptr, least, most, value, SN_NUMBER, 1, 0};
}
constexpr sn_attribute_info flag(const char* name, bool value) {
  return {name, nullptr, 0, 1, value ? 1.0 : 0.0, SN_FLAG, 1, 0};
}
constexpr sn_attribute_info whole(const char* name, double value, double least, double most,
                                  int count = 1) {
  return {name, nullptr, least, most, value, SN_WHOLE, count, 0};
}
// One to so many numbers, or none.
constexpr sn_attribute_info list(const char* name, double least, double most, int count) {
  return {name, nullptr, least, most, 0, SN_WHOLE, -count, 0};
}
// One number or two.
constexpr sn_attribute_info range(const char* name, double least, double most) {
  return {name, nullptr, least, most, 0, SN_NUMBER, -2, 0};
}
constexpr sn_attribute_info choice(const char* name, const char* choices) {
  return {name, choices, 0, 0, 0, SN_CHOICE, 1, 0};
}
constexpr sn_attribute_info required(sn_attribute_info info) {
  info.required = 1;
  return info;
}

constexpr sn_attribute_info kActivation = choice("activation", kActivationNames);
// Keras's parameter of an activation given by name.
constexpr float alpha_of(int32_t activation) { return kActivations[activation].alpha; }
constexpr sn_attribute_info kPadding = choice("padding", "valid|same");
constexpr sn_attribute_info kKernelSize = required(whole("kernel_size", 0, 1, kMaxSide, 2));
constexpr sn_attribute_info kStrides = whole("strides", 1, 1, kMaxSide, 2);
constexpr sn_attribute_info kDilation = whole("dilation_rate", 1, 1, kMaxSide, 2);
constexpr sn_attribute_info kUseBias = flag("use_bias", true);
// A regularizer: the factors of L2, of L1 and of OrthogonalRegularizer, and 1 for the columns of the matrix,
// 0 for its rows. Who has `x_regularizer` takes `x_constraint`, too (node.cpp).
constexpr sn_attribute_info l2(const char* name) {
  return {name, nullptr, 0, kAny, 0, SN_NUMBER, -4, 0};
}

// The table.
int32_t operator_count();
const Operator* operator_at(int32_t index);  // null beyond the last
const Operator* operator_of(const char* name);

// Kernels that the builder puts in by itself.
extern const Kernels kCopy;  // out = in, whatever their rows
extern const Kernels kRescalingKernels;
extern const Kernels kActivationKernels;
extern const Kernels kSoftmaxKernels;
extern const Kernels kOverAxisKernels;

inline bool is_softmax(const Operation& op) { return op.kernels == &kSoftmaxKernels; }
inline bool is_final_sigmoid(const Operation& op, const Tensor& out) {
  return op.kernels == &kActivationKernels && op.function == kLinear && out.activation == kSigmoid;
}
inline bool is_rescaling(const Operation& op) { return op.kernels == &kRescalingKernels; }

}  // namespace sn
