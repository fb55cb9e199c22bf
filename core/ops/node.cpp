// A node's attributes, checked against its operator's row. The one place where they are.
#include "operator.h"

// Runs once for a network: small rather than fast.
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)

namespace sn {

bool same_text(const char* a, const char* b) {
  while (*a && *a == *b) ++a, ++b;
  return *a == *b;
}

namespace {

// The place of a text among "one|another|a third"; -1 if it is none.
int32_t place_among(const char* choices, const char* text) {
  for (int32_t place = 0;; ++place) {
    const char* t = text;
    while (*choices && *choices != '|' && *choices == *t) ++choices, ++t;
    if (!*t && (!*choices || *choices == '|')) return place;
    while (*choices && *choices != '|') ++choices;
    if (!*choices) return -1;
    ++choices;
  }
}

}  // namespace

const Operator* operator_of(const char* name) {
  for (int32_t i = 0; name && i < operator_count(); ++i) {
    if (same_text(operator_at(i)->info.name, name)) return operator_at(i);
  }
  return nullptr;
}

Line Node::line() const {
  Line line(error_);
  if (index >= 0) line << "node " << index << (row_ ? " (" : "");
  if (row_) line << row_->name << (index >= 0 ? ")" : "");
  line << (index >= 0 || row_ ? ": " : "");
  return line;
}

int Node::find(const char* name) const {
  for (int i = 0; i < row_->attribute_count; ++i) {
    if (same_text(row_->attributes[i].name, name)) return i;
  }
  return -1;
}

// The place of `x_regularizer` for a weight `x` or `x_kernel`, or for `x_constraint`; -1 if there is none.
int Node::find_of_weight(const char* weight) const {
  for (int i = 0; i < row_->attribute_count; ++i) {
    const char* name = row_->attributes[i].name;
    const char* rest = weight;
    while (!same_text(name, "_regularizer") && *rest && *rest == *name) ++rest, ++name;
    if (!same_text(name, "_regularizer")) continue;
    if (!*rest || same_text(rest, "_kernel") || same_text(rest, "_constraint")) return i;
  }
  return -1;
}

float Node::penalty(const char* weight, int k) const {
  const int place = find_of_weight(weight);
  return place < 0 ? 0.0f : static_cast<float>(values_[place][k]);
}

Constraint Node::constraint(const char* weight) const {
  const int place = find_of_weight(weight);
  return place < 0 ? Constraint{} : constraints_[place];
}

// One number: no value below 0. Four: least and most of the norm, the fraction of the way there, and the
// axes along which norms are taken, a bit for each.
bool Node::read_constraint(const sn_attribute& attribute) {
  const int place = attribute.name ? find_of_weight(attribute.name) : -1;
  if (place < 0) return false;
  Constraint& made = constraints_[place];
  if (attribute.count == 1 && attribute.numbers) {
    made.kind = kNonNegative;
  } else if (attribute.count == 4 && attribute.numbers) {
    const double* n = attribute.numbers;
    made = {kNorm, static_cast<float>(n[0]), static_cast<float>(n[1]), static_cast<float>(n[2]),
            static_cast<int32_t>(n[3])};
    if (!(n[0] >= 0 && n[1] >= n[0] && n[2] >= 0 && n[2] <= 1 && n[3] >= 1 && n[3] < 16))
      made.kind = kUnknownConstraint;
  } else {
    made.kind = kUnknownConstraint;
  }
  return true;
}

bool Node::read(const sn_operator_info& row) {
  row_ = &row;
  for (int32_t i = 0; i < row.attribute_count; ++i) {
    for (double& value : values_[i]) value = row.attributes[i].value;
  }
  if (given.attribute_count < 0 || (given.attribute_count > 0 && !given.attributes))
    return refuse("its attributes are missing");
  for (int32_t i = 0; i < given.attribute_count; ++i) {
    if (!read_attribute(given.attributes[i])) return false;
  }
  for (int32_t i = 0; i < row.attribute_count; ++i) {
    if (!row.attributes[i].required || counts_[i]) continue;
    line() << row.attributes[i].name << " is missing";
    return false;
  }
  return true;
}

bool Node::read_attribute(const sn_attribute& attribute) {
  const int place = attribute.name ? find(attribute.name) : -1;
  if (place < 0 && read_constraint(attribute)) {
    const int of = find_of_weight(attribute.name);
    return constraints_[of].kind != kUnknownConstraint || refuse("a constraint is wrong");
  }
  if (place < 0) {
    Line refusal = line();
    refusal << "unknown attribute '" << (attribute.name ? attribute.name : "") << "'. Known:";
    for (int32_t i = 0; i < row_->attribute_count; ++i) {
      refusal << (i ? ", " : " ") << row_->attributes[i].name;
    }
    if (!row_->attribute_count) refusal << " none";
    return false;
  }
  const sn_attribute_info& info = row_->attributes[place];
  if (counts_[place]) {
    line() << info.name << " is given twice";
    return false;
  }
  counts_[place] = 1;
  if (info.kind == SN_CHOICE) return read_choice(info, attribute.text, values_[place][0]);
  const bool fitting = info.count < 0 ? attribute.count >= 1 && attribute.count <= -info.count
                                      : attribute.count == info.count;
  if (!fitting || !attribute.numbers) {
    Line refusal = line();
    refusal << info.name << " must be ";
    if (info.count < 0) refusal << "1 to ";
    refusal << (info.count < 0 ? -info.count : info.count)
            << (info.count == 1 ? " number" : " numbers");
    return false;
  }
  counts_[place] = attribute.count;
  for (int32_t k = 0; k < attribute.count; ++k) {
    const double value = attribute.numbers[k];
    const bool inside = value >= info.least && value <= info.most;  // and not NaN
    const bool fits = info.kind == SN_NUMBER || (inside && value == static_cast<int64_t>(value));
    if (!inside || !fits) {
      Line refusal = line();
      refusal << info.name << " must be ";
      if (info.kind == SN_NUMBER) {
        refusal << "a number" << (info.least == 0 ? " of 0 or more" : " in its range");
      } else {
        refusal << static_cast<int64_t>(info.least) << " to " << static_cast<int64_t>(info.most);
      }
      return false;
    }
    values_[place][k] = value;
  }
  return true;
}

bool Node::read_choice(const sn_attribute_info& info, const char* text, double& value) const {
  const int32_t place = text ? place_among(info.choices, text) : -1;
  if (place < 0) {
    line() << info.name << " must be one of " << info.choices << ", got '" << (text ? text : "")
           << "'";
    return false;
  }
  value = place;
  return true;
}

}  // namespace sn

#pragma clang attribute pop
