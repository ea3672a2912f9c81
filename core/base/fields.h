// Field tables: the one description of an algorithm's or a policy's settings.
//
// Defaults, validation, the catalog, command-line help, documentation and parameterised tests all come from these
// tables. A kind (an optimizer, a schedule, a loss ...) is a KindInfo with its fields; a Config is a kind with a value
// a field.
//
//   constexpr FieldInfo kFields[] = {
//       Number("learning_rate", "Step size.", 1e-3, Positive()),
//       Boolean("nesterov", "Look ahead along the velocity.", false),
//   };
//   constexpr KindInfo kSgd = {.name = "sgd", .summary = "Gradient descent.", .fields = kFields};
//   Config config(&kSgd);                    // all defaults
//   config.SetNumber("learning_rate", 0.1);
//   Violations violations;
//   config.Validate("spec.optimizer.sgd", &violations);
#ifndef DESCENT_CORE_BASE_FIELDS_H_
#define DESCENT_CORE_BASE_FIELDS_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/errors.h"

namespace descent::core {

enum class FieldType { kNumber, kInteger, kBoolean, kText, kChoice, kInterval, kNumberList, kIntegerList };

// Where a field's value comes from when it is not given.
enum class Default {
  kValue,     // FieldInfo.default_value
  kRequired,  // nowhere: it must be given
  kDepends,   // from other settings, or it stays unset and does nothing; the summary says which
};

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// What values a number may have. Infinite ends are always open; NaN is in no range.
struct Range {
  double low = -kInfinity;
  double high = kInfinity;
  bool low_open = true;
  bool high_open = true;

  constexpr bool Contains(double value) const {
    return (low_open ? value > low : value >= low) && (high_open ? value < high : value <= high);
  }
};
constexpr Range AnyFinite() { return {}; }
constexpr Range Positive() { return {0, kInfinity, true, true}; }
constexpr Range NonNegative() { return {0, kInfinity, false, true}; }
constexpr Range AtLeast(double low) { return {low, kInfinity, false, true}; }
constexpr Range Closed(double low, double high) { return {low, high, false, false}; }
constexpr Range ClosedOpen(double low, double high) { return {low, high, false, true}; }
constexpr Range OpenClosed(double low, double high) { return {low, high, true, false}; }

// One setting. Make it with the functions below.
struct FieldInfo {
  absl::string_view name;
  FieldType type = FieldType::kNumber;
  absl::string_view summary;  // a sentence; unit, default and range are not repeated in it
  Default default_kind = Default::kValue;
  double default_value = 0;  // numbers as they are, booleans 0 or 1, choices by index
  Range range = {};          // of numbers, integers, list elements and intervals (in steps)
  absl::Span<const absl::string_view> choices = {};
  absl::string_view unit = {};
  int64_t max_length = 0;  // of lists
};

constexpr FieldInfo Number(absl::string_view name, absl::string_view summary, double value, Range range,
                           absl::string_view unit = {}) {
  return {name, FieldType::kNumber, summary, Default::kValue, value, range, {}, unit};
}
constexpr FieldInfo OptionalNumber(absl::string_view name, absl::string_view summary, Range range,
                                   absl::string_view unit = {}) {
  return {name, FieldType::kNumber, summary, Default::kDepends, 0, range, {}, unit};
}
constexpr FieldInfo RequiredNumber(absl::string_view name, absl::string_view summary, Range range,
                                   absl::string_view unit = {}) {
  return {name, FieldType::kNumber, summary, Default::kRequired, 0, range, {}, unit};
}
// Integers are at most 2^53 in magnitude.
constexpr FieldInfo Integer(absl::string_view name, absl::string_view summary, double value, Range range,
                            absl::string_view unit = {}) {
  return {name, FieldType::kInteger, summary, Default::kValue, value, range, {}, unit};
}
constexpr FieldInfo OptionalInteger(absl::string_view name, absl::string_view summary, Range range,
                                    absl::string_view unit = {}) {
  return {name, FieldType::kInteger, summary, Default::kDepends, 0, range, {}, unit};
}
constexpr FieldInfo Boolean(absl::string_view name, absl::string_view summary, bool value) {
  return {name, FieldType::kBoolean, summary, Default::kValue, value ? 1.0 : 0.0, Closed(0, 1)};
}
// `choices` must outlive the table; `value` is an index into it.
constexpr FieldInfo Choice(absl::string_view name, absl::string_view summary, int value,
                           absl::Span<const absl::string_view> choices) {
  return {name, FieldType::kChoice, summary, Default::kValue, static_cast<double>(value), {}, choices};
}
// A choice that may stay unset.
constexpr FieldInfo OptionalChoice(absl::string_view name, absl::string_view summary,
                                   absl::Span<const absl::string_view> choices) {
  return {name, FieldType::kChoice, summary, Default::kDepends, 0, {}, choices};
}
// A length in steps, or in epochs that are resolved to steps.
constexpr FieldInfo IntervalField(absl::string_view name, absl::string_view summary, Default default_kind,
                                  double default_steps = 1) {
  return {name, FieldType::kInterval, summary, default_kind, default_steps, AtLeast(1), {}, "steps"};
}
constexpr FieldInfo OptionalText(absl::string_view name, absl::string_view summary) {
  return {name, FieldType::kText, summary, Default::kDepends};
}
constexpr FieldInfo RequiredText(absl::string_view name, absl::string_view summary) {
  return {name, FieldType::kText, summary, Default::kRequired};
}
constexpr FieldInfo NumberList(absl::string_view name, absl::string_view summary, Default default_kind, Range range,
                               int64_t max_length) {
  return {name, FieldType::kNumberList, summary, default_kind, 0, range, {}, {}, max_length};
}
constexpr FieldInfo IntegerList(absl::string_view name, absl::string_view summary, Default default_kind, Range range,
                                int64_t max_length) {
  return {name, FieldType::kIntegerList, summary, default_kind, 0, range, {}, {}, max_length};
}

class Config;

// Another default of a number, integer, boolean (0 or 1) or choice (by index).
struct PresetValue {
  absl::string_view field;
  double value = 0;
};

// Defaults that go together: the dialect of a library. A kind with presets has a field `preset` (PresetField), whose
// choices name them; values that are given win over those of the preset.
struct Preset {
  absl::string_view name;
  absl::Span<const PresetValue> values = {};  // what differs from the fields' own defaults
};
inline constexpr absl::string_view kPresetNames[] = {"torch", "keras", "optax", "paper"};
constexpr FieldInfo PresetField() {
  return OptionalChoice("preset", "Whose defaults the other fields have; when not given, those stated.", kPresetNames);
}

// One kind of a family, or one policy.
struct KindInfo {
  absl::string_view name;            // as in a spec, `adam`
  absl::string_view summary;         // a sentence
  absl::string_view formula = {};    // what it computes, as text
  absl::string_view reference = {};  // where the formula comes from
  absl::Span<const FieldInfo> fields = {};
  // What the ranges cannot say: rules between fields. Called with values in range only. May be null.
  void (*check)(const Config& config, absl::string_view path, Violations* violations) = nullptr;
  absl::Span<const Preset> presets = {};

  const FieldInfo* FindField(absl::string_view field_name) const;
  // Null when the kind has no such preset.
  const Preset* FindPreset(absl::string_view preset_name) const;
};

// The value of one field.
struct Value {
  bool is_set = false;
  double number = 0;    // kNumber; kInterval in epochs
  int64_t integer = 0;  // kInteger, kBoolean, kChoice (index); kInterval in steps
  bool in_epochs = false;
  std::string text;
  std::vector<double> numbers;
  std::vector<int64_t> integers;

  bool operator==(const Value&) const = default;
};

// A kind and its values; starts with the defaults. Names that the kind does not have are bugs (CHECK).
// Thread-safety: like a plain struct.
class Config {
 public:
  Config() = default;
  explicit Config(const KindInfo* info);

  // The kind; null for a Config that was not given any.
  const KindInfo* info() const { return info_; }
  absl::string_view name() const { return info_ == nullptr ? absl::string_view() : info_->name; }

  // Whether the field has a value, given or by default.
  bool has(absl::string_view field) const { return at(field).is_set; }
  double number(absl::string_view field) const { return at(field).number; }
  int64_t integer(absl::string_view field) const { return at(field).integer; }
  bool boolean(absl::string_view field) const { return at(field).integer != 0; }
  int choice(absl::string_view field) const { return static_cast<int>(at(field).integer); }
  // Steps of an interval that has been resolved.
  int64_t steps(absl::string_view field) const { return at(field).integer; }
  const std::string& text(absl::string_view field) const { return at(field).text; }
  const std::vector<double>& numbers(absl::string_view field) const { return at(field).numbers; }
  const std::vector<int64_t>& integers(absl::string_view field) const { return at(field).integers; }

  // Sets the field `preset` and the defaults it stands for; comes before all other values. One that the kind does not
  // have changes nothing else, and Validate says so.
  void SetPreset(absl::string_view name);

  void SetNumber(absl::string_view field, double value);
  void SetInteger(absl::string_view field, int64_t value);
  void SetBoolean(absl::string_view field, bool value) { SetInteger(field, value ? 1 : 0); }
  void SetChoice(absl::string_view field, absl::string_view value);
  void SetSteps(absl::string_view field, int64_t steps) { SetInteger(field, steps); }
  void SetText(absl::string_view field, absl::string_view value);
  void SetNumbers(absl::string_view field, std::vector<double> values);
  void SetIntegers(absl::string_view field, std::vector<int64_t> values);

  // One a field, in the order of the table.
  absl::Span<const Value> values() const { return values_; }
  Value& value(size_t index) { return values_[index]; }

  // Adds every value out of range, every required one missing and what the kind's own check finds. The path is the
  // kind's: `spec.optimizer.adam`.
  void Validate(absl::string_view path, Violations* violations) const;

  // Turns intervals in epochs into whole steps, rounded up.
  void ResolveEpochs(double steps_per_epoch);

  bool operator==(const Config&) const = default;

 private:
  const Value& at(absl::string_view field) const;
  Value& at(absl::string_view field);
  void CheckPreset(absl::string_view path, Violations* violations) const;

  const KindInfo* info_ = nullptr;
  std::vector<Value> values_;
};

// `[0, 1)`, `> 0`, `>= 1`, `finite`: a range in words of mathematics.
std::string RangeText(const Range& range);

}  // namespace descent::core

#endif  // DESCENT_CORE_BASE_FIELDS_H_
