// The tools by which an operator adds itself to a plan: its node's attributes, and the builder.
#pragma once

#include "../plan.h"
#include "../text.h"

namespace sn {

class WayBack;
struct Operator;
struct Border;

struct Pair {
  int32_t height, width;
};

bool same_text(const char* a, const char* b);

// A node, its attributes checked against its operator's row; also an optimizer against its own.
class Node {
 public:
  int32_t index;  // -1: an optimizer
  const sn_node& given;

  Node(int32_t place, const sn_node& node, char* error)
      : index(place), given(node), error_(error) {}

  // False and a line of text if the row doesn't allow what is given.
  bool read(const sn_operator_info& row);

  double number(const char* name, int k = 0) const { return values_[find(name)][k]; }
  float real(const char* name) const { return static_cast<float>(number(name)); }
  int32_t whole(const char* name, int k = 0) const { return static_cast<int32_t>(number(name, k)); }
  bool flag(const char* name) const { return number(name) != 0; }
  int32_t choice(const char* name) const { return whole(name); }
  Pair pair(const char* name) const { return {whole(name, 0), whole(name, 1)}; }
  bool has(const char* name) const { return counts_[find(name)] > 0; }
  int32_t count(const char* name) const { return counts_[find(name)]; }  // of what is given

  // Of the weight of that name: "kernel", "depthwise_kernel", …
  float penalty(const char* weight, int k) const;  // number k of its regularizer
  Constraint constraint(const char* weight) const;

  bool refuse(const char* why) const {
    line() << why;
    return false;
  }
  Line line() const;  // begins with the node or the optimizer

 private:
  static constexpr int kMaxAttributes = 24;

  char* error_;
  const sn_operator_info* row_ = nullptr;
  int32_t counts_[kMaxAttributes] = {};
  double values_[kMaxAttributes][4] = {};
  Constraint constraints_[kMaxAttributes] = {};

  int find(const char* name) const;
  int find_of_weight(const char* weight) const;
  bool read_constraint(const sn_attribute& attribute);
  bool read_attribute(const sn_attribute& attribute);
  bool read_choice(const sn_attribute_info& info, const char* text, double& value) const;
};

class Builder {
 public:
  Builder(const sn_network_spec& spec, Plan& plan, char* error)
      : spec_(spec), plan_(plan), error_(error) {}

  bool build();
  bool infer(const sn_node& node, const sn_shape* inputs);

  // For operators. What the node reads, and whether it is the only one that does.
  bool trains() const { return plan_.batch_size > 0; }
  bool keeps_outputs() const { return !trains() && !plan_.reuses_memory; }  // of every node
  const Value& input(const Node& node, int k = 0) const;
  const Value& made(const Node& node) const { return plan_.values[node.index]; }  // so far
  bool needs_image(const Node& node) const;  // false and a line if its rows and columns are gone

  // A new operation on all inputs of the node, whose output becomes the node's.
  Operation& add(const Node& node, const Kernels& kernels, Shape out);
  // The same, on what the node has made so far.
  Operation& append(const Node& node, const Kernels& kernels, Shape out);
  // The node's output is its input's values, seen in another shape.
  void view(const Node& node, Shape out, int32_t rank);
  void set_rank(const Node& node, int32_t rank) { plan_.values[node.index].rank = rank; }

  // The node is a random layer, which changes images while they are gathered in training.
  bool augment(const Node& node, Augmentation made);

  Operation& last() { return plan_.operations[plan_.operation_count - 1]; }

  // Weights of an operation that are trained, each the size its operation tells, kernel before bias.
  void add_kernel(const Node& node, Operation& op, const char* name, const int32_t (&shape)[4],
                  int32_t rank, float l2);
  void add_bias(const Node& node, Operation& op, const char* name, float l2);

  // A weight that no optimizer changes; its place among the parameters.
  int64_t add_moving(const Node& node, const char* name, int32_t size);
  // The operation whose weights can do the node's normalisation by moving averages, too: where nobody
  // else, and no host, sees what it writes. Null: none.
  Operation* foldable(const Node& node);
  void fold(Operation& op, const Operation& normalization);
  // Cuts the plan at the operation, which keeps so many arrays of a number for each channel.
  void need_batch(Operation& op, int32_t statistics, int32_t slab_sums);

  // Applies an activation to what the node has made so far (for a node without an operation of its
  // own: to its input).
  bool activate(const Node& node, int32_t activation, float alpha, bool may_tag = true);
  bool activate(const Node& node, int32_t activation);  // with Keras's parameter for the name
  // An activation over an axis of height, width and channels.
  bool activate_over(const Node& node, int32_t activation, int32_t axis);
  // Takes a relu off the node's input where nobody else sees it; true: apply it to the output.
  bool take_relu(const Node& node);

  // Keras's arithmetic: `valid` drops what does not fill a window, `same` pads the smaller half first.
  bool fit_window(const Node& node, Pair size, Pair strides, int32_t padding, Window& window,
                  Shape& out, Pair dilation = {1, 1}) const;

 private:
  const sn_network_spec& spec_;
  Plan& plan_;
  char* error_;

  bool check_spec();
  bool check_input();
  bool check_graph();
  bool add_node(const sn_node& given, int32_t index);
  Value& value(int32_t node) { return node < 0 ? plan_.image : plan_.values[node]; }
  Operation& new_operation(const Node& node, const Kernels& kernels, Shape in, Shape out);
  void connect(Operation& op, const Value& from);
  void add_weight(const Node& node, const char* name, const int32_t (&shape)[4], int32_t rank,
                  bool trainable);
  void unshare(const Node& node);
  void mark_gradients();
  void place_tensors();
  void mark_streams();
  void place_passing();
  void measure_tensor(Tensor& tensor, const Border& border) const;
  void place_by_liveness();
  void place_gradients();
  void place_edges(const Operation& op, bool* written, WayBack& way);
  void place_weights(Operation& op);
  bool keeps_output(const Tensor& tensor) const;
  bool gradient_apart(const Tensor& tensor, int32_t index) const;
  bool takes_over(const Tensor& tensor, const Operation& reader) const;
  const Tensor* overwritten(const Tensor& tensor, const Operation& reader) const;
  int64_t most_scratch() const;
  int64_t place_kept(int64_t scratch);
  int32_t slabs_together() const;
  bool check_memory();
  static void unscale(const Operation& rescaling, Augmentation& made);
};

inline int32_t ceil_div(int32_t a, int32_t b) { return (a + b - 1) / b; }

inline bool windows_overlap(const Window& w) {
  return w.stride_height < w.height || w.stride_width < w.width;
}

}  // namespace sn
