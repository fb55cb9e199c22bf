// From nodes to a plan: the graph is checked, and each node's operator adds its operations.
#include "ops/operator.h"

// Runs once for a network: small rather than fast.
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)

namespace sn {
namespace {

constexpr int32_t kLongestVector = 1 << 20;

// Fewer than three sides are the last ones.
Shape shape_of(const int32_t* given, int32_t rank) {
  int32_t sides[3] = {1, 1, 1};
  for (int32_t i = 0; i < rank; ++i) sides[3 - rank + i] = given[i];
  return {sides[0], sides[1], sides[2]};
}

}  // namespace

bool make_plan(const sn_network_spec& spec, Plan& plan, char* error) {
  return Builder(spec, plan, error).build();
}

bool Builder::build() {
  if (!check_spec()) return false;
  plan_ = Plan{};
  plan_.node_count = spec_.node_count;
  plan_.threads = spec_.threads;
  plan_.batch_size = spec_.batch_size;
  plan_.reuses_memory = kLargeImages && spec_.reuses_memory;
  plan_.tensors[0].shape = shape_of(spec_.sides, spec_.rank);
  plan_.tensors[0].producer = -1;
  plan_.tensor_count = 1;
  plan_.image.shape = plan_.tensors[0].shape;
  plan_.image.rank = spec_.rank;
  if (!check_graph()) return false;
  for (int32_t i = 0; i < spec_.node_count; ++i) {
    if (!add_node(spec_.nodes[i], i)) return false;
  }
  const Value& last = plan_.values[spec_.node_count - 1];
  if (last.shape.size() > (1 << 20)) {
    Line(error_) << "the network ends in " << last.shape.size() << " values; 1048576 are the most";
    return false;
  }
  plan_.output = last.tensor;
  plan_.outputs = static_cast<int32_t>(last.shape.size());
  const int32_t producer = plan_.tensors[last.tensor].producer;
  plan_.final_activation = kLinear;
  if (producer >= 0) {
    const Operation& end = plan_.operations[producer];
    if (is_softmax(end)) plan_.final_activation = kSoftmax;
    if (is_final_sigmoid(end, plan_.tensors[last.tensor])) plan_.final_activation = kSigmoid;
  }
  plan_.starts_with_rescaling = plan_.operation_count > 0 && is_rescaling(plan_.operations[0]) &&
                                plan_.operations[0].input == 0 && plan_.tensors[0].readers == 1;
  mark_gradients();
  place_tensors();
  return check_memory();
}

bool infer(const sn_node& node, const sn_shape* inputs, Plan& plan, char* error) {
  sn_network_spec spec{};  // of a network that never trains
  return Builder(spec, plan, error).infer(node, inputs);
}

bool Builder::infer(const sn_node& node, const sn_shape* inputs) {
  constexpr int32_t kMost = kMaxNodes - 1;
  const Node named(0, node, error_);
  if (node.input_count < 1 || node.input_count > kMost)
    return named.refuse("it has no input, or too many");
  plan_ = Plan{};
  plan_.node_count = node.input_count + 1;
  plan_.tensor_count = node.input_count;
  int32_t places[kMost];
  for (int32_t k = 0; k < node.input_count; ++k) {
    const sn_shape& given = inputs[k];
    if (given.rank < 1 || given.rank > 3) return named.refuse("a shape has one to three sides");
    int64_t size = 1;
    for (int32_t i = 0; i < given.rank; ++i) {
      const int32_t side = given.sides[i];
      if (side < 1 || (size *= side) > (1 << 30)) return named.refuse("its input is too large");
    }
    Value& value = plan_.values[k];
    value = {k, kLinear, shape_of(given.sides, given.rank), given.rank, 1};
    plan_.tensors[k].shape = value.shape;
    plan_.tensors[k].producer = -1;
    places[k] = k;
  }
  sn_node placed = node;
  placed.inputs = places;
  return add_node(placed, node.input_count);
}

bool Builder::check_spec() {
  if (!spec_.nodes || spec_.node_count < 1 || spec_.node_count > kMaxNodes) {
    Line(error_) << "a network has 1 to " << kMaxNodes << " nodes, got " << spec_.node_count;
    return false;
  }
  if (!check_input()) return false;
  if (spec_.threads < 1 || spec_.threads > 1024) {
    Line(error_) << "threads must be 1 to 1024, got " << spec_.threads;
    return false;
  }
  if (spec_.batch_size < 0 || spec_.batch_size > (1 << 20)) {
    Line(error_) << "the batch size must be 1 to 1048576, got " << spec_.batch_size;
    return false;
  }
  if (spec_.reuses_memory && spec_.batch_size > 0) {
    Line(error_) << "a network that trains can't reuse its memory";
    return false;
  }
  return true;
}

bool Builder::check_input() {
  if (spec_.rank < 1 || spec_.rank > 3) {
    Line(error_) << "the input must have 1 to 3 sides, got " << spec_.rank;
    return false;
  }
  const int32_t most = spec_.rank == 1 ? kLongestVector : kMaxSide;
  bool fits = true;
  for (int32_t i = 0; i < spec_.rank; ++i)
    fits = fits && spec_.sides[i] >= 1 && spec_.sides[i] <= most;
  if (fits) return true;
  Line line(error_);
  line << "the input must be 1 to " << most << " in each direction, got ";
  for (int32_t i = 0; i < spec_.rank; ++i) line << (i ? "x" : "") << spec_.sides[i];
  return false;
}

// Every node comes after its inputs, and leads to the output; counts each one's readers.
bool Builder::check_graph() {
  for (int32_t i = 0; i < spec_.node_count; ++i) {
    const Node node(i, spec_.nodes[i], error_);
    const sn_node& given = node.given;
    if (given.input_count < 1 || !given.inputs) return node.refuse("it has no input");
    if (given.input_count > kMaxEdges) return node.refuse("it has too many inputs");
    for (int32_t k = 0; k < given.input_count; ++k) {
      const int32_t from = given.inputs[k];
      if (from < SN_IMAGE || from >= i) {
        node.line() << "its input " << from << " is not a node before it";
        return false;
      }
      ++value(from).readers;
    }
  }
  for (int32_t i = 0; i + 1 < spec_.node_count; ++i) {
    if (plan_.values[i].readers > 0) continue;
    return Node(i, spec_.nodes[i], error_).refuse("nothing reads its output");
  }
  ++plan_.values[spec_.node_count - 1].readers;  // the host
  return true;
}

bool Builder::add_node(const sn_node& given, int32_t index) {
  Node node(index, given, error_);
  const Operator* known = operator_of(node.given.operation);
  if (!known) {
    node.line() << "unknown operator '" << (node.given.operation ? node.given.operation : "")
                << "'";
    return false;
  }
  if (!node.read(known->info)) return false;
  if (node.given.input_count < known->info.least_inputs ||
      node.given.input_count > known->info.most_inputs) {
    node.line() << "it takes " << known->info.least_inputs
                << (known->info.most_inputs > known->info.least_inputs ? " or more inputs"
                    : known->info.least_inputs > 1                     ? " inputs"
                                                                       : " input")
                << ", got " << node.given.input_count;
    return false;
  }
  if (plan_.operation_count + 3 > kMaxOperations ||
      plan_.edge_count + node.given.input_count + 3 > kMaxEdges) {
    return node.refuse("the network has too many operations");
  }
  const int32_t readers = plan_.values[index].readers;
  plan_.values[index] = value(node.given.inputs[0]);  // until it makes something else of it
  plan_.values[index].readers = readers;
  plan_.values[index].activation = kLinear;
  const int32_t first = plan_.weight_count;
  if (!known->add(*this, node)) return false;
  for (int32_t k = first; k < plan_.weight_count; ++k) {
    if (plan_.orthogonal[k].factor > 0 && plan_.weights[k].rank != 2)
      return node.refuse("OrthogonalRegularizer needs a weight of two axes. Use L2");
  }
  return true;
}

const Value& Builder::input(const Node& node, int k) const {
  const int32_t from = node.given.inputs[k];
  return from < 0 ? plan_.image : plan_.values[from];
}

bool Builder::needs_image(const Node& node) const {
  const Value& given = input(node);
  if (given.rank == 3) return true;
  if (given.rank == 1)
    return node.refuse(
        "it needs an image. Put it before Flatten or GlobalAveragePooling2D, or after a Reshape");
  node.line() << "it needs an image. Add an axis of channels: Reshape((" << given.shape.width
              << ", " << given.shape.channels << ", 1))";
  return false;
}

Operation& Builder::new_operation(const Node& node, const Kernels& kernels, Shape in, Shape out) {
  const int32_t index = plan_.operation_count++;
  Operation& op = plan_.operations[index];
  op = Operation{};
  op.kernels = &kernels;
  op.node = node.index;
  op.first_edge = plan_.edge_count;
  op.in = in;
  op.out = out;
  op.kernel = op.bias = -1;
  op.fold = -1;
  op.units = out.channels;
  op.groups = 1;
  op.stretches = 1;
  op.output = plan_.tensor_count++;
  Tensor& made = plan_.tensors[op.output];
  made = Tensor{};
  made.shape = out;
  made.producer = index;
  Value& own = plan_.values[node.index];
  own.tensor = op.output;
  own.shape = out;
  return op;
}

void Builder::connect(Operation& op, const Value& from) {
  plan_.edges[plan_.edge_count++] = {from.tensor, from.shape, false, false, {}};
  if (op.edge_count++ == 0) op.input = from.tensor;
  ++plan_.tensors[from.tensor].readers;
}

Operation& Builder::add(const Node& node, const Kernels& kernels, Shape out) {
  Operation& op = new_operation(node, kernels, input(node).shape, out);
  for (int32_t k = 0; k < node.given.input_count; ++k) connect(op, input(node, k));
  return op;
}

Operation& Builder::append(const Node& node, const Kernels& kernels, Shape out) {
  const Value before = plan_.values[node.index];
  Operation& op = new_operation(node, kernels, before.shape, out);
  connect(op, before);
  return op;
}

void Builder::view(const Node& node, Shape out, int32_t rank) {
  // A value that others read, too, may get a border of zeros, or keep its activation for them.
  if (input(node).readers > 1) append(node, kCopy, out);
  plan_.values[node.index].shape = out;
  plan_.values[node.index].rank = rank;
}

void Builder::add_weight(const Node& node, const char* name, const int32_t (&shape)[4],
                         int32_t rank, bool trainable) {
  sn_weight& weight = plan_.weights[plan_.weight_count++];
  weight = {name, plan_.parameter_count, node.index, trainable && node.given.trainable, rank, {}};
  int64_t size = 1;
  for (int32_t i = 0; i < rank; ++i) size *= weight.shape[i] = shape[i];
  plan_.parameter_count += size;
  Constraint& constraint = plan_.constraints[plan_.weight_count - 1];
  constraint = node.constraint(name);
  plan_.constrained = plan_.constrained || (weight.trainable && constraint.kind != kFree);
  Orthogonal& orthogonal = plan_.orthogonal[plan_.weight_count - 1];
  orthogonal = {node.penalty(name, 2), node.penalty(name, 3) != 0};
  if (weight.trainable && orthogonal.factor > 0) plan_.penalty_arrays = kOrthogonalArrays;
}

void Builder::add_kernel(const Node& node, Operation& op, const char* name,
                         const int32_t (&shape)[4], int32_t rank, float l2) {
  op.kernel = plan_.parameter_count;
  op.kernel_l2 = l2;
  op.kernel_l1 = node.penalty(name, 1);
  op.trainable = node.given.trainable != 0;
  add_weight(node, name, shape, rank, true);
}

void Builder::add_bias(const Node& node, Operation& op, const char* name, float l2) {
  op.bias = plan_.parameter_count;
  op.bias_l2 = l2;
  op.bias_l1 = node.penalty(name, 1);
  op.trainable = node.given.trainable != 0;
  add_weight(node, name, {op.out.channels}, 1, true);
}

int64_t Builder::add_moving(const Node& node, const char* name, int32_t size) {
  const int64_t at = plan_.parameter_count;
  add_weight(node, name, {size}, 1, false);
  return at;
}

void Builder::need_batch(Operation& op, int32_t statistics, int32_t slab_sums) {
  op.whole_batch = true;
  op.statistics = plan_.statistic_count;
  plan_.statistic_count += int64_t{statistics} * op.out.channels;
  op.slab_sums = plan_.slab_sum_count;
  plan_.slab_sum_count += int64_t{slab_sums} * op.out.channels;
  plan_.barriers[plan_.barrier_count++] = plan_.operation_count - 1;
}

bool Builder::activate(const Node& node, int32_t activation) {
  return activate(node, activation, alpha_of(activation));
}

bool Builder::activate(const Node& node, int32_t activation, float alpha, bool may_tag) {
  if (activation == kLinear) return true;
  const Value before = plan_.values[node.index];
  const bool own = before.tensor != input(node).tensor;
  const bool alone = own || input(node).readers == 1;
  Tensor& tensor = plan_.tensors[before.tensor];
  // A pointwise activation whose derivative follows from its output can live in a tensor's tag.
  // A final sigmoid is an operation of its own, in whose place a loss may come.
  const bool ends = activation == kSigmoid && node.index == plan_.node_count - 1;
  if (!needs_input(activation) && !ends && may_tag && alone && tensor.producer >= 0 &&
      tensor.activation == kLinear && !plan_.operations[tensor.producer].keeps_output) {
    tensor.activation = activation;
    tensor.alpha = alpha;
    return true;
  }
  if (is_over_axis(activation)) return activate_over(node, activation, 2);
  if (ends && !alone) append(node, kCopy, before.shape);
  Operation& added = append(node, kActivationKernels, before.shape);
  if (needs_input(activation)) {
    added.function = activation;
  } else {
    plan_.tensors[added.output].activation = activation;
    plan_.tensors[added.output].alpha = alpha;
  }
  return true;
}

bool Builder::activate_over(const Node& node, int32_t activation, int32_t axis) {
  const Value before = plan_.values[node.index];
  if (activation == kSoftmax && axis == 2) {
    // The loss takes the place of a final softmax, and writes the gradient of what it reads.
    const bool alone = before.tensor != input(node).tensor || input(node).readers == 1;
    if (!alone && node.index == plan_.node_count - 1) append(node, kCopy, before.shape);
    append(node, kSoftmaxKernels, before.shape).keeps_output = true;
    return true;
  }
  Operation& added = append(node, kOverAxisKernels, before.shape);
  added.function = activation;
  added.sides[0] = axis;
  added.keeps_output = true;
  return true;
}

// relu(max(x)) = max(relu(x)), with the same gradient and fewer values to apply it to.
bool Builder::take_relu(const Node& node) {
  const Value& from = input(node);
  Tensor& tensor = plan_.tensors[from.tensor];
  if (tensor.activation != kRelu || from.readers > 1) return false;
  tensor.activation = kLinear;
  for (int32_t i = 0; i < node.index; ++i) {
    if (plan_.values[i].tensor == from.tensor) plan_.values[i].activation = kRelu;
  }
  return true;
}

bool Builder::fit_window(const Node& node, Pair size, Pair strides, int32_t padding, Window& window,
                         Shape& out, Pair dilation) const {
  const Shape in = input(node).shape;
  window = {size.height, size.width, strides.height,  strides.width,
            0,           0,          dilation.height, dilation.width};
  size = {(size.height - 1) * dilation.height + 1, (size.width - 1) * dilation.width + 1};
  if (padding == kValid) {
    if (in.height < size.height || in.width < size.width) {
      node.line() << "its window of " << size.height << "x" << size.width
                  << " is larger than its input of " << in.height << "x" << in.width
                  << ". Use larger images, fewer layers or padding='same'";
      return false;
    }
    out = {(in.height - size.height) / strides.height + 1,
           (in.width - size.width) / strides.width + 1, in.channels};
    return true;
  }
  out = {ceil_div(in.height, strides.height), ceil_div(in.width, strides.width), in.channels};
  const int32_t missing_rows = (out.height - 1) * strides.height + size.height - in.height;
  const int32_t missing_columns = (out.width - 1) * strides.width + size.width - in.width;
  window.pad_top = missing_rows > 0 ? missing_rows / 2 : 0;
  window.pad_left = missing_columns > 0 ? missing_columns / 2 : 0;
  return true;
}

}  // namespace sn

#pragma clang attribute pop
