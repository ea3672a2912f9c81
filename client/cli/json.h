// Messages as JSON: the proto's field names, int64 as texts (as proto JSON has it), fields at their default left out.
#ifndef DESCENT_CLIENT_CLI_JSON_H_
#define DESCENT_CLIENT_CLI_JSON_H_

#include <google/protobuf/message.h>

#include <string>

namespace descent::cli {

// Over several lines, ended.
std::string PrettyJson(const google::protobuf::Message& message);
// A text and a number as JSON values, for what no message holds. Numbers that are none are texts, as in proto JSON.
std::string JsonText(const std::string& text);
std::string JsonNumber(double value);
// On one line, ended.
std::string JsonLine(const google::protobuf::Message& message);

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_JSON_H_
