// The random layers: rows, and how each is kept for augment.cpp. They stand at the head of a network,
// and are no operations: images are changed while they are gathered, in training alone.
#include "../resample.h"
#include "operator.h"

namespace sn {
namespace {

constexpr sn_attribute_info kFillMode = choice("fill_mode", "reflect|wrap|constant|nearest");
constexpr sn_attribute_info kInterpolation = choice("interpolation", "bilinear|nearest");
constexpr sn_attribute_info kFillValue = number("fill_value", 0);
constexpr sn_attribute_info kValueRange = required(range("value_range", -kAny, kAny));

// A range of `name`: two numbers, or one for -x to x (`least` to x, where that is more).
bool read_range(const Node& node, const char* name, double least, double& low, double& high) {
  const bool both = node.count(name) > 1;
  high = node.number(name, both ? 1 : 0);
  low = both ? node.number(name, 0) : -high > least ? -high : least;
  if (low <= high) return true;
  node.line() << name << " is upside down: its first number is larger than its second";
  return false;
}

bool read_filling(const Node& node, Augmentation& made) {
  made.fill_mode = node.choice("fill_mode");
  made.nearest = node.choice("interpolation") == 1;
  made.fill_value = node.number("fill_value");
  return true;
}

bool read_values(const Node& node, Augmentation& made) {
  made.least = node.number("value_range", 0);
  made.most = node.number("value_range", node.count("value_range") - 1);
  return made.least < made.most || node.refuse("value_range must be two numbers, the lower first");
}

bool add_flip(Builder& builder, const Node& node) {
  Augmentation made{};
  made.kind = kFlip;
  const int32_t mode = node.choice("mode");
  made.horizontal = mode != 2;
  made.vertical = mode != 1;
  return builder.augment(node, made);
}
constexpr sn_attribute_info kFlipAttributes[] = {
    choice("mode", "horizontal_and_vertical|horizontal|vertical")};

bool add_translation(Builder& builder, const Node& node) {
  Augmentation made{};
  made.kind = kTranslation;
  if (!read_range(node, "height_factor", -1, made.low[0], made.high[0]) ||
      !read_range(node, "width_factor", -1, made.low[1], made.high[1])) {
    return false;
  }
  read_filling(node, made);
  for (int k = 0; k < 2 && made.fill_mode == kConstant; ++k) {
    if (made.low[k] >= 1 || made.high[k] <= -1)
      return node.refuse("nothing is left of an image that is moved by its whole size");
  }
  return builder.augment(node, made);
}
constexpr sn_attribute_info kTranslationAttributes[] = {required(range("height_factor", -1, 1)),
                                                        required(range("width_factor", -1, 1)),
                                                        kFillMode, kInterpolation, kFillValue};

bool add_rotation(Builder& builder, const Node& node) {
  Augmentation made{};
  made.kind = kRotation;
  return read_range(node, "factor", -1, made.low[0], made.high[0]) && read_filling(node, made) &&
         builder.augment(node, made);
}
constexpr sn_attribute_info kRotationAttributes[] = {required(range("factor", -1, 1)), kFillMode,
                                                     kInterpolation, kFillValue};

bool add_zoom(Builder& builder, const Node& node) {
  Augmentation made{};
  made.kind = kZoom;
  if (!read_range(node, "height_factor", -1, made.low[0], made.high[0])) return false;
  made.same_factor = !node.has("width_factor");
  if (!made.same_factor && !read_range(node, "width_factor", -1, made.low[1], made.high[1]))
    return false;
  if (made.low[0] <= -1 || made.low[1] <= -1)
    return node.refuse(
        "nothing is left of an image that is zoomed into without an end: a factor of -1");
  return read_filling(node, made) && builder.augment(node, made);
}
constexpr sn_attribute_info kZoomAttributes[] = {required(range("height_factor", -1, 1)),
                                                 range("width_factor", -1, 1), kFillMode,
                                                 kInterpolation, kFillValue};

bool add_shear(Builder& builder, const Node& node) {
  Augmentation made{};
  made.kind = kShear;
  return read_range(node, "x_factor", -1, made.low[0], made.high[0]) &&
         read_range(node, "y_factor", -1, made.low[1], made.high[1]) && read_filling(node, made) &&
         builder.augment(node, made);
}
constexpr sn_attribute_info kShearAttributes[] = {required(range("x_factor", 0, 1)),
                                                  required(range("y_factor", 0, 1)), kInterpolation,
                                                  kFillMode, kFillValue};

bool add_crop(Builder& builder, const Node& node) {
  Augmentation made{};
  made.kind = kCrop;
  made.out = {node.whole("height"), node.whole("width"), 0};
  return builder.augment(node, made);
}
constexpr sn_attribute_info kCropAttributes[] = {required(whole("height", 0, 1, kMaxSide)),
                                                 required(whole("width", 0, 1, kMaxSide))};

bool add_brightness(Builder& builder, const Node& node) {
  Augmentation made{};
  made.kind = kBrightness;
  return read_range(node, "factor", -1, made.low[0], made.high[0]) && read_values(node, made) &&
         builder.augment(node, made);
}
constexpr sn_attribute_info kBrightnessAttributes[] = {required(range("factor", -1, 1)),
                                                       kValueRange};

// Its two numbers are how far below and above 1 the contrast goes.
bool add_contrast(Builder& builder, const Node& node) {
  Augmentation made{};
  made.kind = kContrast;
  made.low[0] = 1 - node.number("factor", 0);
  made.high[0] = 1 + node.number("factor", node.count("factor") - 1);
  return read_values(node, made) && builder.augment(node, made);
}
constexpr sn_attribute_info kContrastAttributes[] = {required(range("factor", 0, 1)), kValueRange};

bool add_erasing(Builder& builder, const Node& node) {
  Augmentation made{};
  made.kind = kErasing;
  made.noise = !node.has("fill_value");
  made.fill_value = node.number("fill_value");
  return read_range(node, "factor", 0, made.low[0], made.high[0]) &&
         read_range(node, "scale", 0, made.low[1], made.high[1]) && read_values(node, made) &&
         builder.augment(node, made);
}
constexpr sn_attribute_info kErasingAttributes[] = {
    required(range("factor", 0, 1)), required(range("scale", 0, 1)), kFillValue, kValueRange};

bool add_elastic(Builder& builder, const Node& node) {
  Augmentation made{};
  made.kind = kElastic;
  return read_range(node, "factor", 0, made.low[0], made.high[0]) &&
         read_range(node, "scale", 0, made.low[1], made.high[1]) && read_filling(node, made) &&
         read_values(node, made) && builder.augment(node, made);
}
constexpr sn_attribute_info kElasticAttributes[] = {required(range("factor", 0, 1)),
                                                    required(range("scale", 0, 1)),
                                                    kInterpolation,
                                                    kFillMode,
                                                    kFillValue,
                                                    kValueRange};

bool add_mix_up(Builder& builder, const Node& node) {
  Augmentation made{};
  made.kind = kMixUp;
  made.low[0] = made.high[0] = node.number("alpha");
  return builder.augment(node, made);
}
constexpr sn_attribute_info kMixUpAttributes[] = {number("alpha", 0.2, 0, 1000)};

bool add_cut_mix(Builder& builder, const Node& node) {
  Augmentation made{};
  made.kind = kCutMix;
  return read_range(node, "factor", 0, made.low[0], made.high[0]) && builder.augment(node, made);
}
constexpr sn_attribute_info kCutMixAttributes[] = {required(range("factor", 0, 1))};

// A scale such as 1/255 is none in binary.
double whole_pixel(double value) {
  if (!(value > -1e6 && value < 1e6)) return value;
  const double nearest =
      static_cast<double>(static_cast<int64_t>(value + (value < 0 ? -0.5 : 0.5)));
  const double rest = value - nearest;
  return rest > -1e-3 && rest < 1e-3 ? nearest : value;
}

}  // namespace

bool Builder::augment(const Node& node, Augmentation made) {
  Value& own = plan_.values[node.index];
  const Value& from = input(node);
  const Tensor& tensor = plan_.tensors[own.tensor];
  const bool first = own.tensor == 0 || tensor.producer < 0;
  const bool rescaled = !first && plan_.operation_count == 1 && tensor.producer == 0 &&
                        is_rescaling(plan_.operations[0]) && plan_.operations[0].input == 0 &&
                        plan_.tensors[0].readers == 1;
  if (!needs_image(node)) return false;
  if (from.readers != 1 || (!first && !rescaled) || tensor.activation != kLinear)
    return node.refuse(
        "it changes images: it comes before all layers but Rescaling, one after the other");
  if (plan_.augmentation_count == kMaxAugmentations)
    return node.refuse("the network has too many random layers");
  for (int32_t i = 0; i < plan_.augmentation_count && made.kind >= kMixUp; ++i) {
    if (plan_.augmentations[i].kind == made.kind) return node.refuse("a network has one of these");
  }
  if (rescaled) unscale(plan_.operations[0], made);
  const bool whole = plan_.image.rank > 0;  // else nobody knows what comes before
  if (whole && made.most > made.least && made.most - made.least < 2)
    return node.refuse("value_range is not that of the images it takes, which is 0 to 255");
  made.in = own.shape;
  if (made.kind != kCrop) {
    made.out = made.in;
  } else {
    if (rescaled) return node.refuse("it comes before Rescaling");
    made.out.channels = made.in.channels;
    if (made.out.height > made.in.height || made.out.width > made.in.width) {
      node.line() << "it crops " << made.out.height << "x" << made.out.width << " out of images of "
                  << made.in.height << "x" << made.in.width << ", which are smaller";
      return false;
    }
    plan_.crop_top += (made.in.height - made.out.height) / 2;
    plan_.crop_left += (made.in.width - made.out.width) / 2;
    own.shape = plan_.tensors[own.tensor].shape = made.out;
  }
  plan_.augmentations[plan_.augmentation_count++] = made;
  return true;
}

// Values behind a Rescaling as those of pixels before it.
void Builder::unscale(const Operation& op, Augmentation& made) {
  const double scale = static_cast<double>(op.scale), offset = static_cast<double>(op.offset);
  if (scale == 0) return;
  made.fill_value = whole_pixel((made.fill_value - offset) / scale);
  double least = whole_pixel((made.least - offset) / scale);
  double most = whole_pixel((made.most - offset) / scale);
  if (made.least == made.most) return;  // it has none
  if (scale < 0) {
    const double lower = most;
    most = least;
    least = lower;
    if (made.kind == kBrightness) {
      const double low = made.low[0];
      made.low[0] = -made.high[0];
      made.high[0] = -low;
    }
  }
  made.least = least;
  made.most = most;
}

extern const Operator kRandomFlip = {row_of("RandomFlip", kFlipAttributes), add_flip};
extern const Operator kRandomTranslation = {row_of("RandomTranslation", kTranslationAttributes),
                                            add_translation};
extern const Operator kRandomRotation = {row_of("RandomRotation", kRotationAttributes),
                                         add_rotation};
extern const Operator kRandomZoom = {row_of("RandomZoom", kZoomAttributes), add_zoom};
extern const Operator kRandomShear = {row_of("RandomShear", kShearAttributes), add_shear};
extern const Operator kRandomCrop = {row_of("RandomCrop", kCropAttributes), add_crop};
extern const Operator kRandomBrightness = {row_of("RandomBrightness", kBrightnessAttributes),
                                           add_brightness};
extern const Operator kRandomContrast = {row_of("RandomContrast", kContrastAttributes),
                                         add_contrast};
extern const Operator kRandomErasing = {row_of("RandomErasing", kErasingAttributes), add_erasing};
extern const Operator kRandomElasticTransform = {
    row_of("RandomElasticTransform", kElasticAttributes), add_elastic};
extern const Operator kMixUpOperator = {row_of("MixUp", kMixUpAttributes), add_mix_up};
extern const Operator kCutMixOperator = {row_of("CutMix", kCutMixAttributes), add_cut_mix};

}  // namespace sn
