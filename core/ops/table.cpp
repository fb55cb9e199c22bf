// The table of operators.
#include "operator.h"

namespace sn {

// clang-format off: a line an operator
#define SN_OPERATORS(row) \
  row(kActivationOperator) \
  row(kAdd) \
  row(kAlphaDropout) \
  row(kAverage) \
  row(kAveragePooling2D) \
  row(kBatchNormalization) \
  row(kCenterCrop) \
  row(kConcatenate) \
  row(kConv2D) \
  row(kConv2DTranspose) \
  row(kCropping2D) \
  row(kCutMixOperator) \
  row(kDense) \
  row(kDepthwiseConv2D) \
  row(kDropout) \
  row(kELU) \
  row(kFakeQuantization) \
  row(kFlatten) \
  row(kGaussianDropout) \
  row(kGaussianNoise) \
  row(kGlobalAveragePooling2D) \
  row(kGlobalMaxPooling2D) \
  row(kGroupNormalization) \
  row(kIdentity) \
  row(kLayerNormalization) \
  row(kLeakyReLU) \
  row(kMaximum) \
  row(kMaxPooling2D) \
  row(kMinimum) \
  row(kMixUpOperator) \
  row(kMultiply) \
  row(kNormalization) \
  row(kPermute) \
  row(kPReLU) \
  row(kRandomBrightness) \
  row(kRandomContrast) \
  row(kRandomCrop) \
  row(kRandomElasticTransform) \
  row(kRandomErasing) \
  row(kRandomFlip) \
  row(kRandomRotation) \
  row(kRandomShear) \
  row(kRandomTranslation) \
  row(kRandomZoom) \
  row(kReLU) \
  row(kRescaling) \
  row(kReshape) \
  row(kResizing) \
  row(kRMSNormalization) \
  row(kSeparableConv2D) \
  row(kSoftmaxOperator) \
  row(kSpatialDropout2D) \
  row(kSubtract) \
  row(kUnitNormalization) \
  row(kUpSampling2D) \
  row(kZeroPadding2D)
// clang-format on

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
