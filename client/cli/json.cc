#include "client/cli/json.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>

#include <cmath>
#include <string>

#include "core/base/format.h"

namespace descent::cli {
namespace {

std::string ToJson(const google::protobuf::Message& message, bool is_pretty) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = is_pretty;
  options.preserve_proto_field_names = true;
  std::string text;
  const google::protobuf::util::Status status = google::protobuf::util::MessageToJsonString(message, &text, options);
  // Only Any and times out of range can fail.
  if (!status.ok()) text = "{}";
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

}  // namespace

std::string PrettyJson(const google::protobuf::Message& message) { return ToJson(message, true); }
std::string JsonLine(const google::protobuf::Message& message) { return ToJson(message, false); }

std::string JsonText(const std::string& text) {
  google::protobuf::StringValue value;
  value.set_value(text);
  std::string json = ToJson(value, false);
  json.pop_back();
  return json;
}

std::string JsonNumber(double value) {
  if (std::isnan(value)) return "\"NaN\"";
  if (std::isinf(value)) return value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
  return core::ShortestText(value);
}

}  // namespace descent::cli
