#include "server/convert/config.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace descent::convert {
namespace {

using core::Config;
using core::FieldInfo;
using core::FieldPath;
using core::FieldType;
using core::KindInfo;
using core::Violations;
using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

const FieldDescriptor* FindField(const Descriptor& descriptor, absl::string_view name) {
  return descriptor.FindFieldByName(std::string(name));
}

const FieldDescriptor* SetField(const Message& message, const char* oneof) {
  const OneofDescriptor* descriptor = message.GetDescriptor()->FindOneofByName(oneof);
  return message.GetReflection()->GetOneofFieldDescriptor(message, descriptor);
}

// Length of the prefix that all values share: `SHUFFLING_`.
size_t PrefixLength(const EnumDescriptor& descriptor) {
  constexpr absl::string_view kUnspecified = "UNSPECIFIED";
  return descriptor.value(0)->name().size() - kUnspecified.size();
}

void ChoiceFromProto(const Message& message, const FieldDescriptor& descriptor, const FieldInfo& field,
                     const std::string& path, Config* config, Violations* violations) {
  const int number = message.GetReflection()->GetEnumValue(message, &descriptor);
  if (number == 0) return;
  const EnumValueDescriptor* value = descriptor.enum_type()->FindValueByNumber(number);
  if (value == nullptr) {
    violations->Add(path,
                    absl::StrCat("has the unknown value ", number, "; one of: ", absl::StrJoin(field.choices, ", ")));
    return;
  }
  config->SetChoice(field.name, ChoiceName(*value));
}

void IntervalFromProto(const Message& interval, const FieldInfo& field, const std::string& path, Config* config,
                       size_t index, Violations* violations) {
  const FieldDescriptor* unit = SetField(interval, "unit");
  if (unit == nullptr) {
    violations->Add(path, "must name a length: steps or epochs");
  } else if (unit->name() == "steps") {
    config->SetSteps(field.name, interval.GetReflection()->GetInt64(interval, unit));
  } else {
    core::Value& value = config->value(index);
    value.is_set = true;
    value.in_epochs = true;
    value.integer = 0;
    value.number = interval.GetReflection()->GetDouble(interval, unit);
  }
}

template <typename T, typename Get>
std::vector<T> List(const Message& message, const FieldDescriptor& descriptor, Get get) {
  std::vector<T> values;
  const int size = message.GetReflection()->FieldSize(message, &descriptor);
  for (int i = 0; i < size; ++i) values.push_back(get(i));
  return values;
}

void FieldFromProto(const Message& message, const FieldDescriptor& descriptor, const std::string& path, Config* config,
                    size_t index, Violations* violations) {
  const FieldInfo& field = config->info()->fields[index];
  const Reflection& reflection = *message.GetReflection();
  switch (field.type) {
    case FieldType::kNumber:
      return config->SetNumber(field.name, reflection.GetDouble(message, &descriptor));
    case FieldType::kInteger:
      return config->SetInteger(field.name, reflection.GetInt64(message, &descriptor));
    case FieldType::kBoolean:
      return config->SetBoolean(field.name, reflection.GetBool(message, &descriptor));
    case FieldType::kText:
      return config->SetText(field.name, reflection.GetString(message, &descriptor));
    case FieldType::kChoice:
      return ChoiceFromProto(message, descriptor, field, path, config, violations);
    case FieldType::kInterval:
      return IntervalFromProto(reflection.GetMessage(message, &descriptor), field, path, config, index, violations);
    case FieldType::kNumberList:
      return config->SetNumbers(field.name, List<double>(message, descriptor, [&](int i) {
                                  return reflection.GetRepeatedDouble(message, &descriptor, i);
                                }));
    case FieldType::kIntegerList:
      return config->SetIntegers(field.name, List<int64_t>(message, descriptor, [&](int i) {
                                   return reflection.GetRepeatedInt64(message, &descriptor, i);
                                 }));
  }
}

bool IsPresent(const Message& message, const FieldDescriptor& descriptor) {
  return descriptor.is_repeated() ? message.GetReflection()->FieldSize(message, &descriptor) > 0
                                  : message.GetReflection()->HasField(message, &descriptor);
}

void FieldToProto(const core::Value& value, const FieldInfo& field, const FieldDescriptor& descriptor,
                  Message* message) {
  const Reflection& reflection = *message->GetReflection();
  switch (field.type) {
    case FieldType::kNumber:
      return reflection.SetDouble(message, &descriptor, value.number);
    case FieldType::kInteger:
      return reflection.SetInt64(message, &descriptor, value.integer);
    case FieldType::kBoolean:
      return reflection.SetBool(message, &descriptor, value.integer != 0);
    case FieldType::kText:
      return reflection.SetString(message, &descriptor, value.text);
    case FieldType::kChoice: {
      const absl::string_view choice = field.choices[static_cast<size_t>(value.integer)];
      const EnumDescriptor& type = *descriptor.enum_type();
      for (int i = 1; i < type.value_count(); ++i) {
        if (ChoiceName(*type.value(i)) == choice) reflection.SetEnum(message, &descriptor, type.value(i));
      }
      return;
    }
    case FieldType::kInterval: {
      Message* interval = reflection.MutableMessage(message, &descriptor);
      const FieldDescriptor* unit = FindField(*interval->GetDescriptor(), value.in_epochs ? "epochs" : "steps");
      if (value.in_epochs) return interval->GetReflection()->SetDouble(interval, unit, value.number);
      return interval->GetReflection()->SetInt64(interval, unit, value.integer);
    }
    case FieldType::kNumberList:
      for (const double number : value.numbers) reflection.AddDouble(message, &descriptor, number);
      return;
    case FieldType::kIntegerList:
      for (const int64_t integer : value.integers) reflection.AddInt64(message, &descriptor, integer);
      return;
  }
}

// A preset changes the defaults, so it comes before the values given. One that is unknown is said with the fields.
void SetPreset(const Message& message, Config* config) {
  if (config->info()->presets.empty()) return;
  const FieldDescriptor* descriptor = FindField(*message.GetDescriptor(), "preset");
  const int number = message.GetReflection()->GetEnumValue(message, descriptor);
  const EnumValueDescriptor* value = descriptor->enum_type()->FindValueByNumber(number);
  if (number != 0 && value != nullptr) config->SetPreset(ChoiceName(*value));
}

}  // namespace

std::string ChoiceName(const EnumValueDescriptor& value) {
  if (value.number() == 0) return "";
  return absl::AsciiStrToLower(value.name().substr(PrefixLength(*value.type())));
}

Config ConfigFromProto(const Message& message, const KindInfo& info, absl::string_view path, Violations* violations) {
  Config config(&info);
  SetPreset(message, &config);
  for (size_t i = 0; i < info.fields.size(); ++i) {
    const FieldDescriptor* descriptor = FindField(*message.GetDescriptor(), info.fields[i].name);
    if (descriptor == nullptr || !IsPresent(message, *descriptor)) continue;
    FieldFromProto(message, *descriptor, FieldPath(path, info.fields[i].name), &config, i, violations);
  }
  return config;
}

void ConfigToProto(const Config& config, Message* message) {
  for (size_t i = 0; i < config.values().size(); ++i) {
    const FieldInfo& field = config.info()->fields[i];
    const FieldDescriptor* descriptor = FindField(*message->GetDescriptor(), field.name);
    if (descriptor == nullptr || !config.values()[i].is_set) continue;
    FieldToProto(config.values()[i], field, *descriptor, message);
  }
}

Config KindFromProto(const Message& message, absl::Span<const KindInfo* const> kinds, absl::string_view path,
                     Violations* violations) {
  const FieldDescriptor* set = SetField(message, "kind");
  if (set == nullptr) return Config();
  for (const KindInfo* kind : kinds) {
    if (set->name() != kind->name) continue;
    return ConfigFromProto(message.GetReflection()->GetMessage(message, set), *kind, FieldPath(path, kind->name),
                           violations);
  }
  violations->Add(FieldPath(path, set->name()), "is not known to this server; see the catalog");
  return Config();
}

void KindToProto(const Config& config, Message* message) {
  const FieldDescriptor* descriptor = FindField(*message->GetDescriptor(), config.name());
  ConfigToProto(config, message->GetReflection()->MutableMessage(message, descriptor));
}

void FindUnknownFields(const Message& message, absl::string_view path, Violations* violations) {
  const Reflection& reflection = *message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) {
    violations->Add(path.empty() ? "request" : path,
                    absl::StrCat("has field number ", unknown.field(i).number(),
                                 ", which this server does not know; leave it out or use a newer server"));
  }
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const std::string child = FieldPath(path, field->name());
    if (!field->is_repeated()) {
      FindUnknownFields(reflection.GetMessage(message, field), child, violations);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      FindUnknownFields(reflection.GetRepeatedMessage(message, field, i), absl::StrCat(child, "[", i, "]"), violations);
    }
  }
}

namespace {

bool TypesAgree(const FieldDescriptor& descriptor, const FieldInfo& field) {
  switch (field.type) {
    case FieldType::kNumber:
      return descriptor.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE && descriptor.has_presence();
    case FieldType::kInteger:
      return descriptor.cpp_type() == FieldDescriptor::CPPTYPE_INT64 && descriptor.has_presence();
    case FieldType::kBoolean:
      return descriptor.cpp_type() == FieldDescriptor::CPPTYPE_BOOL && descriptor.has_presence();
    case FieldType::kText:
      return descriptor.cpp_type() == FieldDescriptor::CPPTYPE_STRING && !descriptor.is_repeated();
    case FieldType::kChoice: {
      if (descriptor.cpp_type() != FieldDescriptor::CPPTYPE_ENUM) return false;
      const EnumDescriptor& type = *descriptor.enum_type();
      if (type.value_count() != static_cast<int>(field.choices.size()) + 1) return false;
      for (size_t i = 0; i < field.choices.size(); ++i) {
        if (ChoiceName(*type.value(static_cast<int>(i) + 1)) != field.choices[i]) return false;
      }
      return true;
    }
    case FieldType::kInterval:
      return descriptor.message_type() != nullptr && descriptor.message_type()->name() == "Interval";
    case FieldType::kNumberList:
      return descriptor.is_repeated() && descriptor.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE;
    case FieldType::kIntegerList:
      return descriptor.is_repeated() && descriptor.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
  }
  return false;
}

}  // namespace

std::vector<std::string> FieldDifferences(const Descriptor& message, const KindInfo& info) {
  std::vector<std::string> differences;
  for (const FieldInfo& field : info.fields) {
    const FieldDescriptor* descriptor = FindField(message, field.name);
    if (descriptor == nullptr) {
      differences.push_back(absl::StrCat(message.name(), " has no field ", field.name));
    } else if (!TypesAgree(*descriptor, field)) {
      differences.push_back(absl::StrCat(message.name(), ".", field.name, " has another type or other choices"));
    }
  }
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& descriptor = *message.field(i);
    const bool is_group = descriptor.message_type() != nullptr && descriptor.message_type()->name() != "Interval";
    if (!is_group && info.FindField(descriptor.name()) == nullptr) {
      differences.push_back(absl::StrCat("table ", info.name, " has no field ", descriptor.name()));
    }
  }
  return differences;
}

std::vector<std::string> Differences(const Descriptor& family, absl::Span<const KindInfo* const> kinds) {
  std::vector<std::string> differences;
  const OneofDescriptor* oneof = family.FindOneofByName("kind");
  if (oneof->field_count() != static_cast<int>(kinds.size())) {
    differences.push_back(
        absl::StrCat(family.name(), " has ", oneof->field_count(), " kinds, the table ", kinds.size()));
  }
  for (const KindInfo* kind : kinds) {
    const FieldDescriptor* descriptor = FindField(family, kind->name);
    if (descriptor == nullptr || descriptor->message_type() == nullptr) {
      differences.push_back(absl::StrCat(family.name(), " has no kind ", kind->name));
      continue;
    }
    for (std::string& difference : FieldDifferences(*descriptor->message_type(), *kind)) {
      differences.push_back(std::move(difference));
    }
  }
  return differences;
}

}  // namespace descent::convert
