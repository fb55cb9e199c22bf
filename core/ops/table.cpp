// The table of operators.
#include "operator.h"

namespace sn {

#define SN_OPERATORS(row)                                                                        \
  row(kActivationOperator) row(kAdd) row(kAveragePooling2D) row(kBatchNormalization)             \
      row(kConcatenate) row(kConv2D) row(kDense) row(kDepthwiseConv2D) row(kDropout) row(kELU)   \
          row(kFlatten) row(kGlobalAveragePooling2D) row(kGlobalMaxPooling2D) row(kLeakyReLU)    \
              row(kMaxPooling2D) row(kMultiply) row(kReLU) row(kRescaling) row(kSoftmaxOperator) \
                  row(kZeroPadding2D)

#define SN_DECLARE(name) extern const Operator name;
#define SN_ADDRESS(name) &name,
SN_OPERATORS(SN_DECLARE)

namespace {
constexpr const Operator* kTable[] = {SN_OPERATORS(SN_ADDRESS)};
}

int32_t operator_count() { return sizeof(kTable) / sizeof(kTable[0]); }

const Operator* operator_at(int32_t index) {
  return index >= 0 && index < operator_count() ? kTable[index] : nullptr;
}

}  // namespace sn
