// Flatten: an image as one vector: row after row, channels together.
#include "operator.h"

namespace sn {
namespace {

bool add(Builder& builder, const Node& node) {
  const int64_t size = builder.input(node).shape.size();
  if (size > (1 << 24)) return node.refuse("too many values to flatten");
  builder.view(node, {1, 1, static_cast<int32_t>(size)}, 1);
  return true;
}

}  // namespace

extern const Operator kFlatten = {row_of("Flatten"), add};

}  // namespace sn
