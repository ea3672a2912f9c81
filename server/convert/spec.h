// Job specs between the wire and core.
#ifndef DESCENT_SERVER_CONVERT_SPEC_H_
#define DESCENT_SERVER_CONVERT_SPEC_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/errors.h"
#include "core/training/job_spec.h"
#include "descent/v1/job_spec.pb.h"

namespace descent::convert {

// What cannot be said in core's terms goes to `violations`: unknown enum values, malformed names. Unknown fields are
// FindUnknownFields's, the rest is core::ValidateSpec's.
core::JobSpec JobSpecFromProto(const v1::JobSpec& proto, absl::string_view path, core::Violations* violations);
v1::JobSpec JobSpecToProto(const core::JobSpec& spec);

// A resolved spec as stored.
std::string EncodeSpec(const core::JobSpec& spec);
absl::StatusOr<core::JobSpec> DecodeSpec(const std::string& bytes);

// `datasets/iris` -> `iris`. Anything else goes to `violations` and gives the empty name.
std::string IdFromName(absl::string_view collection, absl::string_view name, absl::string_view path,
                       core::Violations* violations);

}  // namespace descent::convert

#endif  // DESCENT_SERVER_CONVERT_SPEC_H_
