#include "plan.h"

#include "layers/winograd_sizes.h"
#include "text.h"

namespace sn {
namespace {

// A pointwise activation whose derivative follows from its output: it can live in a tensor's tag.
bool is_tag(int32_t activation) {
  return activation != SN_GELU && activation != SN_SOFTMAX;
}

inline constexpr const char* kNeedsImage =
    "it needs rows and columns, but comes after Flatten or GlobalAveragePooling2D";

int32_t ceil_div(int32_t a, int32_t b) { return (a + b - 1) / b; }

class Builder {
 public:
  Builder(const sn_network_spec& spec, Plan& plan, char* error)
      : spec_(spec), plan_(plan), error_(error) {}

  bool build() {
    if (!check_spec()) return false;
    plan_ = Plan{};
    plan_.layer_count = spec_.layer_count;
    plan_.threads = spec_.threads;
    plan_.batch_size = spec_.batch_size;
    plan_.tensors[0] = Tensor{};
    shape_ = {spec_.height, spec_.width, spec_.channels};
    plan_.tensors[0].shape = shape_;
    plan_.tensor_count = 1;
    for (int32_t i = 0; i < spec_.layer_count; ++i) {
      if (!add_layer(i, spec_.layers[i])) return false;
    }
    const Shape last = shape_;
    plan_.ends_in_softmax =
        plan_.operation_count > 0 && operation().kind == Kind::softmax;
    if (last.size() > (1 << 20)) {
      Line(error_) << "the network ends in " << last.size() << " values; 1048576 are the most";
      return false;
    }
    plan_.outputs = static_cast<int32_t>(last.size());
    mark_gradients();
    place_tensors();
    return check_memory();
  }

 private:
  const sn_network_spec& spec_;
  Plan& plan_;
  char* error_;
  Shape shape_{};      // of what the next layer reads
  bool flat_ = false;  // whether its rows and columns are gone

  Tensor& tensor() { return plan_.tensors[plan_.tensor_count - 1]; }
  Operation& operation() { return plan_.operations[plan_.operation_count - 1]; }

  bool check_spec() {
    if (!spec_.layers || spec_.layer_count < 1 || spec_.layer_count > kMaxLayers) {
      Line(error_) << "a network has 1 to " << kMaxLayers << " layers, got " << spec_.layer_count;
      return false;
    }
    if (spec_.height < 1 || spec_.width < 1 || spec_.channels < 1 || spec_.height > 4096 ||
        spec_.width > 4096 || spec_.channels > 4096) {
      Line(error_) << "the input must be 1 to 4096 in each direction, got " << spec_.height << "x"
                   << spec_.width << "x" << spec_.channels;
      return false;
    }
    if (spec_.threads < 1 || spec_.threads > 1024) {
      Line(error_) << "threads must be 1 to 1024, got " << spec_.threads;
      return false;
    }
    if (spec_.batch_size < 0 || spec_.batch_size > (1 << 20)) {
      Line(error_) << "the batch size must be 1 to 1048576, got " << spec_.batch_size;
      return false;
    }
    return true;
  }

  bool refuse(int32_t index, const char* why) {
    Line(error_) << "layer " << index << ": " << why;
    return false;
  }

  Operation& add_operation(Kind kind, int32_t layer, Shape output) {
    Operation& added = plan_.operations[plan_.operation_count++];
    added = Operation{};
    added.kind = kind;
    added.layer = layer;
    added.input = plan_.tensor_count - 1;
    added.output = plan_.tensor_count;
    added.in = shape_;
    added.out = output;
    added.kernel = added.bias = -1;
    Tensor& made = plan_.tensors[plan_.tensor_count++];
    made = Tensor{};
    made.shape = output;
    shape_ = output;
    return added;
  }

  bool add_layer(int32_t index, const sn_layer& layer) {
    bool good = false;
    if (plan_.operation_count + 2 > kMaxLayers) return refuse(index, "too many operations");
    switch (layer.kind) {
      case SN_RESCALING: {
        Operation& added = add_operation(Kind::rescaling, index, shape_);
        added.scale = layer.scale;
        added.offset = layer.offset;
        good = true;
        break;
      }
      case SN_CONV2D:
        good = add_conv2d(index, layer);
        break;
      case SN_MAX_POOLING_2D:
      case SN_AVERAGE_POOLING_2D:
        good = add_pooling(index, layer);
        break;
      case SN_GLOBAL_AVERAGE_POOLING_2D: {
        if (flat_) return refuse(index, kNeedsImage);
        const Shape in = shape_;
        flat_ = true;
        Operation& added = add_operation(Kind::average_pooling, index, {1, 1, in.channels});
        added.window = {in.height, in.width, in.height, in.width, 0, 0};
        good = true;
        break;
      }
      case SN_FLATTEN:
        good = add_flatten(index);
        break;
      case SN_DENSE:
        good = add_dense(index, layer);
        break;
      case SN_DROPOUT: {
        if (!(layer.rate >= 0.0f && layer.rate < 1.0f))
          return refuse(index, "the dropout rate must be in 0 <= rate < 1");
        add_operation(Kind::dropout, index, shape_).rate = layer.rate;
        good = true;
        break;
      }
      case SN_ACTIVATION:
        // A network that never trains keeps every layer's outputs apart, so that they can be shown.
        good = add_activation(index, layer.activation, layer.alpha, plan_.batch_size > 0);
        break;
      default:
        return refuse(index, "unknown kind of layer");
    }
    if (!good) return false;
    plan_.layer_tensor[index] = plan_.tensor_count - 1;
    plan_.layer_activation[index] = SN_LINEAR;
    plan_.layer_shape[index] = shape_;
    return true;
  }

  bool add_conv2d(int32_t index, const sn_layer& layer) {
    if (flat_) return refuse(index, kNeedsImage);
    const Shape in = shape_;
    Window window;
    Shape out;
    if (!fit_window(index, layer, in, window, out)) return false;
    if (layer.units < 1 || layer.units > 65536) return refuse(index, "filters must be 1 to 65536");
    out.channels = layer.units;
    Operation& added = add_operation(Kind::conv2d, index, out);
    added.window = window;
    added.fan_in = window.height * window.width * in.channels;
    add_parameters(added, layer, out.channels);
    return add_activation(index, layer.activation, layer.alpha);
  }

  bool add_dense(int32_t index, const sn_layer& layer) {
    const Shape in = shape_;
    if (!flat_)
      return refuse(index, "Dense needs a Flatten or GlobalAveragePooling2D before it");
    if (layer.units < 1 || layer.units > 65536) return refuse(index, "units must be 1 to 65536");
    Operation& added = add_operation(Kind::dense, index, {1, 1, layer.units});
    added.window = {1, 1, 1, 1, 0, 0};
    added.fan_in = in.channels;
    added.padded_units = ceil_div(layer.units, kLanes) * kLanes;
    add_parameters(added, layer, layer.units);
    return add_activation(index, layer.activation, layer.alpha);
  }

  void add_parameters(Operation& added, const sn_layer& layer, int32_t units) {
    added.kernel = plan_.parameter_count;
    plan_.parameter_count += int64_t{added.fan_in} * units;
    if (layer.use_bias) {
      added.bias = plan_.parameter_count;
      plan_.parameter_count += units;
    }
    added.kernel_l2 = layer.kernel_l2;
    added.bias_l2 = layer.bias_l2;
  }

  bool add_pooling(int32_t index, const sn_layer& layer) {
    if (flat_) return refuse(index, kNeedsImage);
    const Shape in = shape_;
    Window window;
    Shape out;
    if (!fit_window(index, layer, in, window, out)) return false;
    out.channels = in.channels;
    const bool max = layer.kind == SN_MAX_POOLING_2D;
    // relu(max(x)) = max(relu(x)), with the same gradient and fewer values to apply it to.
    int32_t later = SN_LINEAR;
    if (max && tensor().activation == SN_RELU && plan_.tensor_count > 1) {
      later = SN_RELU;
      tensor().activation = SN_LINEAR;
      for (int32_t i = 0; i < index; ++i) {
        if (plan_.layer_tensor[i] == plan_.tensor_count - 1) plan_.layer_activation[i] = SN_RELU;
      }
    }
    Operation& added =
        add_operation(max ? Kind::max_pooling : Kind::average_pooling, index, out);
    added.window = window;
    tensor().activation = later;
    return true;
  }

  bool add_flatten(int32_t index) {
    if (shape_.size() > (1 << 24)) return refuse(index, "too many values to flatten");
    shape_ = {1, 1, static_cast<int32_t>(shape_.size())};
    flat_ = true;
    return true;
  }

  bool add_activation(int32_t index, int32_t activation, float alpha, bool may_tag = true) {
    if (activation < SN_LINEAR || activation > SN_SOFTMAX)
      return refuse(index, "unknown activation");
    // The gradient tells the two sides apart by the output's sign.
    if ((activation == SN_LEAKY_RELU || activation == SN_ELU) && !(alpha >= 0.0f))
      return refuse(index, "alpha must be 0 or more");
    if (activation == SN_LINEAR) return true;
    const bool free_tag = plan_.operation_count > 0 && tensor().activation == SN_LINEAR &&
                          operation().kind != Kind::softmax;
    if (is_tag(activation) && free_tag && may_tag) {
      tensor().activation = activation;
      tensor().alpha = alpha;
      return true;
    }
    Operation& added = add_operation(
        activation == SN_SOFTMAX ? Kind::softmax : Kind::activation, index, shape_);
    if (activation == SN_GELU) {
      added.function = SN_GELU;
    } else if (activation != SN_SOFTMAX) {
      added.function = SN_LINEAR;
      tensor().activation = activation;
      tensor().alpha = alpha;
    }
    return true;
  }

  // Keras's arithmetic: `valid` drops what does not fill a window, `same` pads the smaller half first.
  bool fit_window(int32_t index, const sn_layer& layer, Shape in, Window& window, Shape& out) {
    const int32_t kh = layer.kernel_height, kw = layer.kernel_width;
    const int32_t sh = layer.stride_height, sw = layer.stride_width;
    if (kh < 1 || kw < 1 || sh < 1 || sw < 1 || kh > 4096 || kw > 4096 || sh > 4096 || sw > 4096)
      return refuse(index, "kernel and strides must be 1 to 4096");
    window = {kh, kw, sh, sw, 0, 0};
    if (layer.padding == SN_VALID) {
      if (in.height < kh || in.width < kw) {
        Line(error_) << "layer " << index << ": its window is " << kh << "x" << kw
                     << ", but only " << in.height << "x" << in.width << " are left of the image";
        return false;
      }
      out = {(in.height - kh) / sh + 1, (in.width - kw) / sw + 1, 0};
      return true;
    }
    if (layer.padding != SN_SAME) return refuse(index, "padding must be valid or same");
    out = {ceil_div(in.height, sh), ceil_div(in.width, sw), 0};
    const int32_t missing_rows = (out.height - 1) * sh + kh - in.height;
    const int32_t missing_columns = (out.width - 1) * sw + kw - in.width;
    window.pad_top = missing_rows > 0 ? missing_rows / 2 : 0;
    window.pad_left = missing_columns > 0 ? missing_columns / 2 : 0;
    return true;
  }

  void mark_gradients() {
    bool learns = false;
    for (int32_t i = 0; i < plan_.operation_count; ++i) {
      plan_.operations[i].input_gradient = learns;
      learns = learns || plan_.operations[i].kernel >= 0;
    }
  }

  // The rows and columns of zeros a convolution wants around its input.
  static void border(const Operation& reader, int32_t& top, int32_t& bottom, int32_t& left,
                     int32_t& right) {
    const Shape in = reader.in, out = reader.out;
    const Window& w = reader.window;
    top = w.pad_top;
    left = w.pad_left;
    const int32_t used_rows = (out.height - 1) * w.stride_height + w.height - w.pad_top;
    const int32_t used_columns = (out.width - 1) * w.stride_width + w.width - w.pad_left;
    bottom = used_rows > in.height ? used_rows - in.height : 0;
    right = used_columns > in.width ? used_columns - in.width : 0;
  }

  static bool windows_overlap(const Window& w) {
    return w.stride_height < w.height || w.stride_width < w.width;
  }

  void place_tensors() {
    for (int32_t i = 0; i < plan_.tensor_count; ++i) {
      Tensor& t = plan_.tensors[i];
      const Operation* reader = i < plan_.operation_count ? &plan_.operations[i] : nullptr;
      t.batch_wide = reader && reader->kind == Kind::dense && plan_.batch_size > 0;
      int32_t top = 0, bottom = 0, left = 0, right = 0;
      if (reader && reader->kind == Kind::conv2d) {
        border(*reader, top, bottom, left, right);
      }
      const int64_t row = int64_t{t.shape.width + left + right} * t.shape.channels;
      t.padded_size = row * (t.shape.height + top + bottom);
      t.padded_at = take(t.batch_wide ? plan_.batch_units : plan_.thread_units, t.padded_size);
      t.values = {t.padded_at + top * row + int64_t{left} * t.shape.channels, row};
      t.gradient = t.values;
      if (plan_.batch_size > 0 && gradient_apart(i)) {
        t.gradient = {take(plan_.thread_units, t.shape.size()),
                      int64_t{t.shape.width} * t.shape.channels};
      }
    }
    for (int32_t i = 0; i < plan_.operation_count; ++i) place_parameters(plan_.operations[i]);
    plan_.scratch_units = most_scratch();
  }

  // A gradient may overwrite the values it belongs to unless somebody still needs those: Dense for its
  // kernel's gradient, overlapping windows because each value is looked at several times, softmax
  // because its derivative mixes all outputs.
  bool gradient_apart(int32_t index) const {
    if (index > 0 && plan_.operations[index - 1].kind == Kind::softmax) return true;
    if (index == plan_.operation_count) return false;
    const Operation& reader = plan_.operations[index];
    const bool pooling =
        reader.kind == Kind::max_pooling || reader.kind == Kind::average_pooling;
    return reader.kind == Kind::dense || (pooling && windows_overlap(reader.window));
  }

  void place_parameters(Operation& op) {
    if (op.kernel < 0) return;
    const int32_t units = op.out.channels;
    const int64_t count = int64_t{op.fan_in} * units;
    op.winograd = plan_.batch_size > 0 && winograd_pays(op);
    const int64_t packed = op.winograd ? winograd_packed(op) : count;
    op.packed_forward = plan_.packed_count;
    plan_.packed_count += packed;
    op.packed_backward = plan_.packed_count;
    if (op.input_gradient) plan_.packed_count += packed;
    if (op.kind == Kind::conv2d) {
      op.slab_gradient = plan_.slab_gradient_count;
      plan_.slab_gradient_count += count + units;
    } else {
      op.output_gradients = plan_.output_gradient_count;
      plan_.output_gradient_count += int64_t{op.padded_units} * kLanes;
    }
  }

  int64_t most_scratch() {
    int64_t most = 0;
    for (int32_t i = 0; i < plan_.tensor_count; ++i) {
      const Shape s = plan_.tensors[i].shape;
      const int64_t row = int64_t{s.width} * s.channels;
      if (row > most) most = row;
    }
    for (int32_t i = 0; i < plan_.operation_count; ++i) {
      const Operation& op = plan_.operations[i];
      const int64_t units = op.winograd ? winograd_scratch(op) : 0;
      if (units > most) most = units;
    }
    return most;
  }

  static int64_t take(int64_t& used, int64_t count) {
    const int64_t at = used;
    used += (count + 15) / 16 * 16;  // whole cache lines also where a unit is one float
    return at;
  }

  bool check_memory() {
    const int64_t blocks = plan_.batch_size / kLanes + 1 + plan_.threads;
    const int64_t thread_units = plan_.thread_units + plan_.scratch_units;
    if (thread_units > kMaxUnits / plan_.threads / kLanes ||
        plan_.batch_units > kMaxUnits / blocks / kLanes ||
        plan_.slab_gradient_count > kMaxUnits / blocks || plan_.parameter_count > (1 << 30)) {
      Line(error_) << "the network needs more memory than a terabyte or 2^30 parameters";
      return false;
    }
    return true;
  }
};

}  // namespace

bool make_plan(const sn_network_spec& spec, Plan& plan, char* error) {
  return Builder(spec, plan, error).build();
}

}  // namespace sn
