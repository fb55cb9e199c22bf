// The activations by Keras's names: a row each of the table that Python and JavaScript read.
//
// The arithmetic: ops/activation_functions.cpp, ops/over_axis.cpp.
#pragma once

#include "spritenet.h"

namespace sn {

// row(kind, name, another name of the same or null, Keras's parameter for the name)
// clang-format off: a line an activation
#define SN_ACTIVATIONS(row) \
  /* The derivative follows from the output. */ \
  row(kLinear, "linear", nullptr, 0) \
  row(kRelu, "relu", nullptr, 0) \
  row(kRelu6, "relu6", nullptr, 0) \
  row(kLeakyRelu, "leaky_relu", nullptr, 0.2f)  /* x < 0 ? alpha x : x */ \
  row(kElu, "elu", "celu", 1)  /* x < 0 ? alpha (exp(x) - 1) : x */ \
  row(kSigmoid, "sigmoid", nullptr, 0) \
  row(kTanh, "tanh", nullptr, 0) \
  row(kSelu, "selu", nullptr, 0)  /* 1.0507 times elu(x) with alpha 1.6733 */ \
  row(kSoftplus, "softplus", nullptr, 0)  /* log(1 + exp(x)) */ \
  row(kSoftsign, "softsign", nullptr, 0)  /* x / (1 + |x|) */ \
  row(kExponential, "exponential", nullptr, 0) \
  row(kHardSigmoid, "hard_sigmoid", nullptr, 0)  /* x / 6 + 1/2 within 0 .. 1 */ \
  row(kHardTanh, "hard_tanh", nullptr, 0)  /* x within -1 .. 1 */ \
  row(kHardShrink, "hard_shrink", nullptr, 0.5f)  /* |x| > alpha ? x : 0 */ \
  row(kSoftShrink, "soft_shrink", nullptr, 0.5f)  /* x closer to 0 by alpha */ \
  row(kSparseSigmoid, "sparse_sigmoid", nullptr, 0)  /* (x + 1) / 2 within 0 .. 1 */ \
  row(kSquareplus, "squareplus", nullptr, 0)  /* (x + sqrt(x x + 4)) / 2 */ \
  row(kLogSigmoid, "log_sigmoid", nullptr, 0) \
  /* The derivative needs the input. */ \
  row(kGelu, "gelu", nullptr, 0)  /* exact: x/2 (1 + erf(x/sqrt 2)) */ \
  row(kGeluNew, "gelu_new", nullptr, 0)  /* approximate, with tanh */ \
  row(kSilu, "silu", "swish", 0)  /* x sigmoid(x) */ \
  row(kHardSilu, "hard_silu", "hard_swish", 0)  /* x hard_sigmoid(x) */ \
  row(kMish, "mish", nullptr, 0)  /* x tanh(softplus(x)) */ \
  row(kTanhShrink, "tanh_shrink", nullptr, 0)  /* x - tanh(x) */ \
  row(kSparsePlus, "sparse_plus", nullptr, 0)  /* (x + 1)^2 / 4 within -1 .. 1 */ \
  /* Over the last axis. */ \
  row(kSoftmax, "softmax", nullptr, 0) \
  row(kLogSoftmax, "log_softmax", nullptr, 0) \
  row(kSparsemax, "sparsemax", nullptr, 0)
// clang-format on

#define SN_KIND(kind, name, also, alpha) kind,
enum ActivationKind : int32_t { SN_ACTIVATIONS(SN_KIND) };
#undef SN_KIND

constexpr bool needs_input(int32_t activation) { return activation >= kGelu; }
constexpr bool is_over_axis(int32_t activation) { return activation >= kSoftmax; }

#define SN_ROW(kind, name, also, alpha) {name, also, alpha},
inline constexpr sn_activation_info kActivations[] = {SN_ACTIVATIONS(SN_ROW)};
#undef SN_ROW
inline constexpr int32_t kActivationCount = sizeof(kActivations) / sizeof(kActivations[0]);

#define SN_CHOICE_OF(kind, name, also, alpha) "|" name
inline constexpr const char* kActivationNames = &(SN_ACTIVATIONS(SN_CHOICE_OF))[1];
#undef SN_CHOICE_OF

}  // namespace sn
