#include "client/message_reader.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/errors.h"
#include "core/base/suggest.h"

namespace descent::client {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

// The largest whole number up to which every whole number is a double.
constexpr double kMaxExactDouble = 9007199254740992.0;

// The API uses int64, uint64, double, bool, string, enums and messages, and lists of all but bool and enums. A test
// fails when JobSpec gets a field of another type.
constexpr absl::string_view kUnknownType = "has a type that this client cannot read; use a newer client";

std::vector<std::string> FieldNames(const Descriptor* type) {
  std::vector<std::string> names;
  for (int i = 0; i < type->field_count(); ++i) names.push_back(type->field(i)->name());
  return names;
}

// What was given, for `must be ..., was ...`.
std::string Given(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "has no value";
    case YamlNode::Kind::kList:
      return "was a list";
    case YamlNode::Kind::kMap:
      return "was a mapping";
    case YamlNode::Kind::kScalar:
      break;
  }
  constexpr size_t kLongest = 60;
  if (node.text.size() <= kLongest) return absl::StrCat("was \"", node.text, "\"");
  size_t cut = kLongest;
  while (cut > 0 && (static_cast<unsigned char>(node.text[cut]) & 0xC0) == 0x80) --cut;
  return absl::StrCat("was \"", node.text.substr(0, cut), "...\"");
}

std::string MustBe(absl::string_view allowed, const YamlNode& node) {
  return absl::StrCat("must be ", allowed, ", ", Given(node));
}

// A number, or false. Also `.inf` and `.nan` as in YAML, and what proto JSON writes for them.
bool ParseDouble(absl::string_view text, double* value) {
  if (text.empty() || absl::ascii_isspace(text.front()) || absl::ascii_isspace(text.back())) return false;
  absl::string_view unsigned_text = text;
  const bool negative = absl::ConsumePrefix(&unsigned_text, "-");
  if (unsigned_text == ".inf" || unsigned_text == "Infinity") {
    *value = negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    return true;
  }
  if (text == ".nan" || text == "NaN") {
    *value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (text.find_first_not_of("0123456789+-.eE") != absl::string_view::npos) return false;
  return absl::SimpleAtod(text, value);
}

// A whole number, also as `1e6` or `100.0` while that is exact, or false.
template <typename Integer>
bool ParseInteger(absl::string_view text, Integer* value) {
  if (text.empty() || text.find_first_not_of("0123456789+-.eE") != absl::string_view::npos) return false;
  if (absl::SimpleAtoi(text, value)) return true;
  double number = 0;
  if (!absl::SimpleAtod(text, &number) || std::abs(number) > kMaxExactDouble) return false;
  if (number != std::floor(number) || (number < 0 && std::is_unsigned_v<Integer>)) return false;
  *value = static_cast<Integer>(number);
  return true;
}

}  // namespace

std::string ShortEnumName(const EnumValueDescriptor* value) {
  const std::string& zero = value->type()->value(0)->name();
  absl::string_view name = value->name();
  absl::ConsumePrefix(&name, absl::StripSuffix(zero, "UNSPECIFIED"));
  return absl::AsciiStrToLower(name);
}

bool IsInterval(const Descriptor* type) { return type->full_name() == "descent.v1.Interval"; }

void MessageReader::AddError(const YamlNode& node, const std::string& path, absl::string_view message) {
  errors_.push_back({node.place, path, std::string(message)});
}

void MessageReader::Read(const YamlNode& node, Message* message) { ReadMessage(node, "", message); }

void MessageReader::ReadMessage(const YamlNode& node, const std::string& path, Message* message) {
  const Descriptor* type = message->GetDescriptor();
  if (IsInterval(type) && node.is_scalar()) return ReadInterval(node, path, message);
  if (node.is_null()) return;  // `squared:` chooses a kind with its defaults
  if (!node.is_map()) {
    const std::string example = type->field_count() == 0 ? "{}" : absl::StrCat("{", type->field(0)->name(), ": ...}");
    return AddError(node, path, MustBe(absl::StrCat("a mapping such as ", example), node));
  }
  std::map<std::string, const YamlNode*> seen;
  for (const auto& [key, value] : node.pairs) {
    if (!key.is_scalar()) {
      AddError(key, path, "field names must be plain words");
      continue;
    }
    const FieldDescriptor* field = type->FindFieldByName(key.text);
    const std::string field_path = core::FieldPath(path, key.text);
    if (field == nullptr) {
      AddError(key, field_path,
               absl::StrCat(path.empty() ? "a job spec" : path, " has no such field",
                            core::Suggestion(key.text, FieldNames(type))));
      continue;
    }
    const auto [first, is_new] = seen.emplace(key.text, &key);
    if (!is_new) {
      AddError(key, field_path, absl::StrCat("is given twice; the first is in line ", first->second->place.line));
      continue;
    }
    const OneofDescriptor* oneof = field->real_containing_oneof();
    if (oneof != nullptr && message->GetReflection()->HasOneof(*message, oneof)) {
      const FieldDescriptor* other = message->GetReflection()->GetOneofFieldDescriptor(*message, oneof);
      AddError(key, field_path,
               absl::StrCat("cannot be together with ", core::FieldPath(path, other->name()), "; keep one of them"));
      continue;
    }
    ReadField(key, value, field_path, field, message);
  }
}

void MessageReader::ReadField(const YamlNode& key, const YamlNode& value, const std::string& path,
                              const FieldDescriptor* field, Message* message) {
  places_[path] = value.is_scalar() ? value.place : key.place;
  if (field->is_map()) return ReadMap(value, path, field, message);
  if (field->is_repeated()) return ReadList(value, path, field, message);
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return ReadMessage(value, path, message->GetReflection()->MutableMessage(message, field));
  }
  // An empty value has no place of its own: show the name.
  if (value.is_null()) return AddError(key, path, "has no value");
  ReadScalar(value, path, field, message);
}

void MessageReader::ReadMap(const YamlNode& node, const std::string& path, const FieldDescriptor* field,
                            Message* message) {
  if (node.is_null()) return;
  if (!node.is_map()) return AddError(node, path, MustBe("a mapping such as {team: a}", node));
  const FieldDescriptor* key_field = field->message_type()->map_key();
  const FieldDescriptor* value_field = field->message_type()->map_value();
  std::set<std::string> seen;
  for (const auto& [key, value] : node.pairs) {
    const std::string entry_path = core::FieldPath(path, key.text);
    if (!key.is_scalar()) {
      AddError(key, path, "keys must be plain words");
    } else if (!seen.insert(key.text).second) {
      AddError(key, entry_path, "is given twice");
    } else if (value.is_null()) {
      AddError(key, entry_path, "has no value");
    } else {
      places_[entry_path] = value.place;
      Message* entry = message->GetReflection()->AddMessage(message, field);
      ReadScalar(key, entry_path, key_field, entry);
      ReadScalar(value, entry_path, value_field, entry);
    }
  }
}

void MessageReader::ReadList(const YamlNode& node, const std::string& path, const FieldDescriptor* field,
                             Message* message) {
  if (!node.is_list()) return AddError(node, path, MustBe("a list such as [1, 2]", node));
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL || field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    return AddError(node, path, kUnknownType);
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    const std::string item_path = absl::StrCat(path, "[", i, "]");
    places_[item_path] = item.place;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      ReadMessage(item, item_path, message->GetReflection()->AddMessage(message, field));
    } else {
      ReadScalar(item, item_path, field, message);
    }
  }
}

void MessageReader::ReadScalar(const YamlNode& node, const std::string& path, const FieldDescriptor* field,
                               Message* message) {
  const Reflection* reflection = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      return ReadInt64(node, path, field, message);
    case FieldDescriptor::CPPTYPE_UINT64:
      return ReadUInt64(node, path, field, message);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ReadDouble(node, path, field, message);
    case FieldDescriptor::CPPTYPE_ENUM:
      return ReadEnum(node, path, field, message);
    case FieldDescriptor::CPPTYPE_BOOL:
      if (!node.is_scalar() || (node.text != "true" && node.text != "false")) {
        return AddError(node, path, MustBe("true or false", node));
      }
      return reflection->SetBool(message, field, node.text == "true");
    case FieldDescriptor::CPPTYPE_STRING:
      if (!node.is_scalar()) return AddError(node, path, MustBe("a text", node));
      if (field->is_repeated()) return reflection->AddString(message, field, node.text);
      return reflection->SetString(message, field, node.text);
    default:
      return AddError(node, path, kUnknownType);
  }
}

void MessageReader::ReadInt64(const YamlNode& node, const std::string& path, const FieldDescriptor* field,
                              Message* message) {
  int64_t number = 0;
  if (!node.is_scalar() || !ParseInteger(node.text, &number)) {
    return AddError(node, path, MustBe("a whole number in [-9223372036854775808, 9223372036854775807]", node));
  }
  const Reflection* reflection = message->GetReflection();
  if (field->is_repeated()) return reflection->AddInt64(message, field, number);
  reflection->SetInt64(message, field, number);
}

void MessageReader::ReadUInt64(const YamlNode& node, const std::string& path, const FieldDescriptor* field,
                               Message* message) {
  uint64_t number = 0;
  if (!node.is_scalar() || !ParseInteger(node.text, &number)) {
    return AddError(node, path, MustBe("a whole number in [0, 18446744073709551615]", node));
  }
  const Reflection* reflection = message->GetReflection();
  if (field->is_repeated()) return reflection->AddUInt64(message, field, number);
  reflection->SetUInt64(message, field, number);
}

void MessageReader::ReadDouble(const YamlNode& node, const std::string& path, const FieldDescriptor* field,
                               Message* message) {
  double number = 0;
  if (!node.is_scalar() || !ParseDouble(node.text, &number)) return AddError(node, path, MustBe("a number", node));
  if (std::isinf(number) && !absl::StrContains(node.text, "nf")) {
    return AddError(node, path, MustBe("at most 1.797e308 in magnitude", node));
  }
  const Reflection* reflection = message->GetReflection();
  if (field->is_repeated()) return reflection->AddDouble(message, field, number);
  reflection->SetDouble(message, field, number);
}

void MessageReader::ReadEnum(const YamlNode& node, const std::string& path, const FieldDescriptor* field,
                             Message* message) {
  const EnumDescriptor* type = field->enum_type();
  std::vector<std::string> names;
  for (int i = 1; i < type->value_count(); ++i) {
    const EnumValueDescriptor* value = type->value(i);
    names.push_back(ShortEnumName(value));
    if (node.is_scalar() && (node.text == names.back() || node.text == value->name())) {
      return message->GetReflection()->SetEnum(message, field, value);
    }
  }
  if (!node.is_scalar()) return AddError(node, path, MustBe("a word", node));
  AddError(node, path, absl::StrCat(MustBe("a known word", node), core::Suggestion(node.text, names)));
}

void MessageReader::ReadInterval(const YamlNode& node, const std::string& path, Message* message) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(absl::StripAsciiWhitespace(node.text), absl::ByAnyChar(" \t"), absl::SkipEmpty());
  const bool has_unit = words.size() == 2;
  const bool in_epochs = has_unit && (words[1] == "epochs" || words[1] == "epoch");
  const bool in_steps = has_unit ? words[1] == "steps" || words[1] == "step" : words.size() == 1;
  const Descriptor* type = message->GetDescriptor();
  int64_t steps = 0;
  double epochs = 0;
  if (in_steps && ParseInteger(words[0], &steps)) {
    return message->GetReflection()->SetInt64(message, type->FindFieldByName("steps"), steps);
  }
  if (in_epochs && ParseDouble(words[0], &epochs) && std::isfinite(epochs)) {
    return message->GetReflection()->SetDouble(message, type->FindFieldByName("epochs"), epochs);
  }
  AddError(node, path, MustBe("a length such as `100 steps` or `2 epochs`", node));
}

}  // namespace descent::client
