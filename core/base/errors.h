// Errors that a caller can act on: an absl::Status with a reason, metadata and field violations in its payloads.
//
// The reasons are those of descent.v1.ErrorReason (proto/descent/v1/error_details.proto); docs/errors.md lists every
// refusal. Statuses without a reason are bugs or damaged storage: the server reports them as INTERNAL or DATA_LOSS.
#ifndef DESCENT_CORE_BASE_ERRORS_H_
#define DESCENT_CORE_BASE_ERRORS_H_

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace descent::core {

// What went wrong, for programs. Each has one status code, see CodeOf.
enum class ErrorReason {
  kInvalidField,
  kInvalidData,
  kResourceNotFound,
  kResourceExists,
  kRequestIdReused,
  kWrongState,
  kUidMismatch,
  kResourceInUse,
  kSequenceOutOfRange,
  kStepNotRecorded,
  kOffsetOutOfRange,
  kChecksumMismatch,
  kStoredDataDamaged,
  kLimitExceeded,
  kDraining,
  kInternal,
  kUnauthenticated,
  kCallCancelled,
};

// Upper snake case, as on the wire: `INVALID_FIELD`.
absl::string_view ErrorReasonName(ErrorReason reason);

// The status code of a reason.
absl::StatusCode CodeOf(ErrorReason reason);

using ErrorMetadata = std::map<std::string, std::string>;

// An error with a reason. `message` is one sentence for people that names the value, what is allowed and what to do.
absl::Status MakeError(ErrorReason reason, absl::string_view message, const ErrorMetadata& metadata = {});

// One field that is wrong.
struct Violation {
  std::string field;        // path, `spec.optimizer.adam.beta1`
  std::string description;  // `must be in [0, 1), was 1.2`

  bool operator==(const Violation&) const = default;
};

// Collects all that is wrong with a request before it is refused.
class Violations {
 public:
  void Add(absl::string_view field, absl::string_view description);
  // Unless something is wrong with exactly this field already: a field that could not be read is missing, too.
  void AddUnlessKnown(absl::string_view field, absl::string_view description);
  bool empty() const { return list_.empty(); }
  const std::vector<Violation>& list() const { return list_; }
  // OK when empty, otherwise INVALID_FIELD with every violation in the message and in the payload.
  absl::Status ToStatus() const;

 private:
  std::vector<Violation> list_;
};

// A single violation as a status.
absl::Status InvalidField(absl::string_view field, absl::string_view description);

// What MakeError and Violations put into a status. `has_reason` is false for statuses made elsewhere.
struct ErrorInfo {
  bool has_reason = false;
  ErrorReason reason = ErrorReason::kInternal;
  ErrorMetadata metadata;
  std::vector<Violation> violations;
};
ErrorInfo GetErrorInfo(const absl::Status& status);

// Joins a field path: ("spec.batch", "size") -> "spec.batch.size"; an empty parent gives the child.
std::string FieldPath(absl::string_view parent, absl::string_view child);

}  // namespace descent::core

#endif  // DESCENT_CORE_BASE_ERRORS_H_
