// CategoricalCrossentropy and SparseCategoricalCrossentropy, which takes class indices alone.
#include "loss.h"

namespace sn {
namespace {

constexpr sn_attribute_info kAttributes[] = {kFromLogits, kLabelSmoothing};
constexpr sn_attribute_info kOfSparse[] = {kFromLogits};

}  // namespace

extern const Loss kCategoricalCrossentropy = {
    loss_of("CategoricalCrossentropy", "categorical_crossentropy", kAttributes, SN_SOFTMAX,
            SN_LARGEST_OUTPUT, SN_DISTRIBUTIONS),
    crossentropy_slab};
extern const Loss kSparseCategoricalCrossentropy = {
    loss_of("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", kOfSparse,
            SN_SOFTMAX, SN_LARGEST_OUTPUT, SN_LABELS),
    crossentropy_slab};

}  // namespace sn
