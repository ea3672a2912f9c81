// SpecToYaml, by reflection over the message.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/message_reader.h"
#include "client/spec_file.h"
#include "core/base/format.h"

namespace descent::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// A text as a YAML scalar: plain when it cannot be taken for anything else, otherwise quoted as in JSON.
std::string QuoteIfNeeded(const std::string& text) {
  const auto is_plain = [](char c) { return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '/' || c == '.'; };
  static constexpr absl::string_view kReserved[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  const std::string lower = absl::AsciiStrToLower(text);
  const bool reserved = std::find(std::begin(kReserved), std::end(kReserved), lower) != std::end(kReserved);
  if (!text.empty() && absl::ascii_isalpha(text[0]) && !reserved && std::all_of(text.begin(), text.end(), is_plain)) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      absl::StrAppend(&quoted, "\\", std::string(1, c));
    } else if (byte < 0x20 || byte == 0x7F) {
      absl::StrAppend(&quoted, absl::StrFormat("\\x%02x", byte));
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "\"";
}

std::string DoubleText(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value < 0 ? "-.inf" : ".inf";
  return core::ShortestText(value);
}

// A scalar field, or element `index` of a list of them when index >= 0.
std::string ScalarText(const Message& message, const FieldDescriptor* field, int index) {
  const Reflection* reflection = message.GetReflection();
  const bool one = index < 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(one ? reflection->GetInt32(message, field)
                              : reflection->GetRepeatedInt32(message, field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(one ? reflection->GetUInt32(message, field)
                              : reflection->GetRepeatedUInt32(message, field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(one ? reflection->GetInt64(message, field)
                              : reflection->GetRepeatedInt64(message, field, index));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(one ? reflection->GetUInt64(message, field)
                              : reflection->GetRepeatedUInt64(message, field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return DoubleText(one ? reflection->GetFloat(message, field)
                            : reflection->GetRepeatedFloat(message, field, index));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return DoubleText(one ? reflection->GetDouble(message, field)
                            : reflection->GetRepeatedDouble(message, field, index));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (one ? reflection->GetBool(message, field) : reflection->GetRepeatedBool(message, field, index)) ? "true"
                                                                                                              : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return ShortEnumName(one ? reflection->GetEnum(message, field)
                               : reflection->GetRepeatedEnum(message, field, index));
    case FieldDescriptor::CPPTYPE_STRING:
      return QuoteIfNeeded(one ? reflection->GetString(message, field)
                               : reflection->GetRepeatedString(message, field, index));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return "";
}

// `100 steps`, or empty when the message is not an Interval with a unit.
std::string IntervalText(const Message& message) {
  if (!IsInterval(message.GetDescriptor())) return "";
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  if (fields.size() != 1) return "";
  return absl::StrCat(ScalarText(message, fields[0], -1), " ", fields[0]->name());
}

void AppendMessage(const Message& message, const std::string& indent, std::string* out);

// The labels of a job, sorted: maps have no order of their own.
void AppendTextMap(const Message& message, const FieldDescriptor* field, const std::string& indent, std::string* out) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    const Message& entry = message.GetReflection()->GetRepeatedMessage(message, field, i);
    entries.emplace_back(ScalarText(entry, field->message_type()->map_key(), -1),
                         ScalarText(entry, field->message_type()->map_value(), -1));
  }
  std::sort(entries.begin(), entries.end());
  absl::StrAppend(out, "\n");
  for (const auto& [key, value] : entries) absl::StrAppend(out, indent, "  ", key, ": ", value, "\n");
}

// A list of messages, an item a message: its first field stands behind the dash.
void AppendMessages(const Message& message, const FieldDescriptor* field, const std::string& indent, std::string* out) {
  absl::StrAppend(out, "\n");
  const std::string item_indent = indent + "    ";
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    std::string body;
    AppendMessage(message.GetReflection()->GetRepeatedMessage(message, field, i), item_indent, &body);
    if (body.empty()) body = absl::StrCat(item_indent, "{}\n");
    absl::StrAppend(out, indent, "  - ", body.substr(item_indent.size()));
  }
}

void AppendField(const Message& message, const FieldDescriptor* field, const std::string& indent, std::string* out) {
  absl::StrAppend(out, indent, field->name(), ":");
  if (field->is_map()) return AppendTextMap(message, field, indent, out);
  if (field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return AppendMessages(message, field, indent, out);
  }
  if (field->is_repeated()) {
    std::vector<std::string> texts;
    for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
      texts.push_back(ScalarText(message, field, i));
    }
    absl::StrAppend(out, " [", absl::StrJoin(texts, ", "), "]\n");
    return;
  }
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    absl::StrAppend(out, " ", ScalarText(message, field, -1), "\n");
    return;
  }
  const Message& child = message.GetReflection()->GetMessage(message, field);
  const std::string interval = IntervalText(child);
  std::string body;
  AppendMessage(child, indent + "  ", &body);
  if (!interval.empty()) {
    absl::StrAppend(out, " ", interval, "\n");
  } else if (body.empty()) {
    absl::StrAppend(out, " {}\n");
  } else {
    absl::StrAppend(out, "\n", body);
  }
}

void AppendMessage(const Message& message, const std::string& indent, std::string* out) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) AppendField(message, field, indent, out);
}

}  // namespace

std::string SpecToYaml(const v1::JobSpec& spec) {
  std::string out;
  AppendMessage(spec, "", &out);
  return out.empty() ? "{}\n" : out;
}

}  // namespace descent::client
