#include "core/base/fields.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/format.h"

namespace descent::core {
namespace {

constexpr int64_t kLargestInteger = int64_t{1} << 53;

void CheckNumber(const FieldInfo& field, double value, const std::string& path, Violations* violations) {
  if (!field.range.Contains(value)) {
    // `> 0` alone does not say what is wrong with infinity.
    const bool one_sided = (field.range.low == -kInfinity) != (field.range.high == kInfinity);
    violations->Add(path, absl::StrCat("must be ", one_sided && std::isinf(value) ? "finite and " : "",
                                       RangeText(field.range), ", was ", ShortestText(value)));
  }
}

void CheckInteger(const FieldInfo& field, int64_t value, const std::string& path, Violations* violations) {
  if (value > kLargestInteger || value < -kLargestInteger || !field.range.Contains(static_cast<double>(value))) {
    Range range = field.range;
    if (range.high == kInfinity) range = {range.low, static_cast<double>(kLargestInteger), range.low_open, false};
    violations->Add(path, absl::StrCat("must be a whole number ", RangeText(range), ", was ", value));
  }
}

template <typename T, typename Check>
void CheckList(const FieldInfo& field, const std::vector<T>& list, const std::string& path, Violations* violations,
               Check check) {
  if (static_cast<int64_t>(list.size()) > field.max_length) {
    violations->Add(path, absl::StrCat("has ", list.size(), " values, at most ", field.max_length, " are allowed"));
    return;
  }
  for (size_t i = 0; i < list.size(); ++i) check(field, list[i], absl::StrCat(path, "[", i, "]"), violations);
}

void CheckValue(const FieldInfo& field, const Value& value, const std::string& path, Violations* violations) {
  switch (field.type) {
    case FieldType::kNumber:
      CheckNumber(field, value.number, path, violations);
      break;
    case FieldType::kInteger:
      CheckInteger(field, value.integer, path, violations);
      break;
    case FieldType::kInterval:
      if (!value.in_epochs) {
        CheckInteger(field, value.integer, path + ".steps", violations);
      } else if (!Positive().Contains(value.number)) {
        violations->Add(path + ".epochs", absl::StrCat("must be > 0, was ", ShortestText(value.number)));
      }
      break;
    case FieldType::kNumberList:
      CheckList(field, value.numbers, path, violations, CheckNumber);
      break;
    case FieldType::kIntegerList:
      CheckList(field, value.integers, path, violations, CheckInteger);
      break;
    case FieldType::kBoolean:
    case FieldType::kText:
    case FieldType::kChoice:
      break;
  }
}

void SetDefault(double number, Value* value) {
  value->is_set = true;
  value->number = number;
  value->integer = static_cast<int64_t>(number);
}

}  // namespace

const FieldInfo* KindInfo::FindField(absl::string_view field_name) const {
  for (const FieldInfo& field : fields) {
    if (field.name == field_name) return &field;
  }
  return nullptr;
}

const Preset* KindInfo::FindPreset(absl::string_view preset_name) const {
  for (const Preset& preset : presets) {
    if (preset.name == preset_name) return &preset;
  }
  return nullptr;
}

Config::Config(const KindInfo* info) : info_(info), values_(info->fields.size()) {
  for (size_t i = 0; i < values_.size(); ++i) {
    const FieldInfo& field = info->fields[i];
    if (field.default_kind == Default::kValue) SetDefault(field.default_value, &values_[i]);
  }
}

const Value& Config::at(absl::string_view field) const {
  if (info_ != nullptr) {
    for (size_t i = 0; i < values_.size(); ++i) {
      if (info_->fields[i].name == field) return values_[i];
    }
  }
  std::fprintf(stderr, "Config %s has no field %s\n", std::string(name()).c_str(), std::string(field).c_str());
  std::abort();
}

Value& Config::at(absl::string_view field) { return const_cast<Value&>(std::as_const(*this).at(field)); }

void Config::SetPreset(absl::string_view name) {
  SetChoice("preset", name);
  const Preset* preset = info_->FindPreset(name);
  if (preset == nullptr) return;
  for (const PresetValue& value : preset->values) SetDefault(value.value, &at(value.field));
}

void Config::SetNumber(absl::string_view field, double value) {
  Value& target = at(field);
  target.is_set = true;
  target.number = value;
}

void Config::SetInteger(absl::string_view field, int64_t value) {
  Value& target = at(field);
  target.is_set = true;
  target.in_epochs = false;
  target.integer = value;
}

void Config::SetChoice(absl::string_view field, absl::string_view value) {
  const FieldInfo* info = info_->FindField(field);
  for (size_t i = 0; i < info->choices.size(); ++i) {
    if (info->choices[i] == value) return SetInteger(field, static_cast<int64_t>(i));
  }
  std::abort();
}

void Config::SetText(absl::string_view field, absl::string_view value) {
  Value& target = at(field);
  target.is_set = true;
  target.text = std::string(value);
}

void Config::SetNumbers(absl::string_view field, std::vector<double> values) {
  Value& target = at(field);
  target.is_set = true;
  target.numbers = std::move(values);
}

void Config::SetIntegers(absl::string_view field, std::vector<int64_t> values) {
  Value& target = at(field);
  target.is_set = true;
  target.integers = std::move(values);
}

void Config::CheckPreset(absl::string_view path, Violations* violations) const {
  if (info_->presets.empty() || !has("preset")) return;
  const absl::string_view name = kPresetNames[choice("preset")];
  if (info_->FindPreset(name) != nullptr) return;
  std::vector<absl::string_view> names;
  for (const Preset& preset : info_->presets) names.push_back(preset.name);
  violations->Add(FieldPath(path, "preset"),
                  absl::StrCat(info_->name, " has no preset ", name, "; those it has: ", absl::StrJoin(names, ", ")));
}

void Config::Validate(absl::string_view path, Violations* violations) const {
  const size_t before = violations->list().size();
  for (size_t i = 0; i < values_.size(); ++i) {
    const FieldInfo& field = info_->fields[i];
    const std::string field_path = FieldPath(path, field.name);
    if (values_[i].is_set) {
      CheckValue(field, values_[i], field_path, violations);
    } else if (field.default_kind == Default::kRequired) {
      violations->AddUnlessKnown(field_path, "is required");
    }
  }
  CheckPreset(path, violations);
  if (info_->check != nullptr && violations->list().size() == before) info_->check(*this, path, violations);
}

void Config::ResolveEpochs(double steps_per_epoch) {
  for (Value& value : values_) {
    if (!value.in_epochs) continue;
    value.in_epochs = false;
    value.integer = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(value.number * steps_per_epoch)));
    value.number = 0;
  }
}

std::string RangeText(const Range& range) {
  if (range.low == -kInfinity && range.high == kInfinity) return "finite";
  if (range.high == kInfinity) return absl::StrCat(range.low_open ? "> " : ">= ", ShortestText(range.low));
  if (range.low == -kInfinity) return absl::StrCat(range.high_open ? "< " : "<= ", ShortestText(range.high));
  return absl::StrCat("in ", range.low_open ? "(" : "[", ShortestText(range.low), ", ", ShortestText(range.high),
                      range.high_open ? ")" : "]");
}

}  // namespace descent::core
