// Typed messages to field tables and back, by reflection: the only place where a new kind's fields cross the wire.
#ifndef DESCENT_SERVER_CONVERT_CONFIG_H_
#define DESCENT_SERVER_CONVERT_CONFIG_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/errors.h"
#include "core/base/fields.h"

namespace descent::convert {

// The kinds of a family, out of its list of infos.
template <typename Info>
std::vector<const core::KindInfo*> KindsOf(absl::Span<const Info* const> infos) {
  std::vector<const core::KindInfo*> kinds;
  for (const Info* info : infos) kinds.push_back(&info->kind);
  return kinds;
}

// A message whose fields are those of a table. Fields of the message that the table does not have are left alone; enum
// values and intervals that make no sense go to `violations`.
core::Config ConfigFromProto(const google::protobuf::Message& message, const core::KindInfo& info,
                             absl::string_view path, core::Violations* violations);
void ConfigToProto(const core::Config& config, google::protobuf::Message* message);

// A message with a oneof `kind`; a Config without info when it is not set.
core::Config KindFromProto(const google::protobuf::Message& message, absl::Span<const core::KindInfo* const> kinds,
                           absl::string_view path, core::Violations* violations);
void KindToProto(const core::Config& config, google::protobuf::Message* message);

// Name of an enum value without its prefix, in lower case: `each_epoch`; empty for UNSPECIFIED.
std::string ChoiceName(const google::protobuf::EnumValueDescriptor& value);

// Adds every field that this server does not know, recursively: an older server must not drop what a newer client asked
// for.
void FindUnknownFields(const google::protobuf::Message& message, absl::string_view path, core::Violations* violations);

// What differs between a oneof's messages and a table, for the test that keeps them together; empty when they agree.
std::vector<std::string> Differences(const google::protobuf::Descriptor& family,
                                     absl::Span<const core::KindInfo* const> kinds);
std::vector<std::string> FieldDifferences(const google::protobuf::Descriptor& message, const core::KindInfo& info);

}  // namespace descent::convert

#endif  // DESCENT_SERVER_CONVERT_CONFIG_H_
