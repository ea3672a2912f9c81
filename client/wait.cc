// Client::Wait, and what else needs no gRPC.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/client.h"
#include "client/watch.h"
#include "core/base/status.h"

namespace descent::client {

bool IsTerminal(v1::JobState state) {
  return state == v1::JOB_STATE_SUCCEEDED || state == v1::JOB_STATE_FAILED || state == v1::JOB_STATE_CANCELLED;
}

std::string ResourceName(absl::string_view collection, absl::string_view name) {
  if (absl::StartsWith(name, absl::StrCat(collection, "/"))) return std::string(name);
  return absl::StrCat(collection, "/", name);
}

absl::StatusOr<v1::Job> Client::Wait(absl::string_view name, absl::Duration timeout) {
  WatchOptions options;
  options.deadline = absl::Now() + timeout;
  // A log tells the end of its job a moment before the job itself does.
  bool has_ended = false;
  for (;; absl::SleepFor(has_ended ? absl::Milliseconds(5) : absl::ZeroDuration())) {
    DESCENT_ASSIGN_OR_RETURN(v1::Job job, GetJob(name));
    if (IsTerminal(job.state())) return job;
    if (absl::Now() >= options.deadline) {
      return absl::DeadlineExceededError(absl::StrCat(job.name(), " has not ended in time; it runs on"));
    }
    if (has_ended) continue;
    v1::WatchJobRequest request;
    request.set_name(job.name());
    request.set_uid(job.uid());
    // The newest record included: it may be the end.
    request.set_start_sequence(std::max(job.log().oldest_sequence(), job.log().end_sequence() - 1));
    request.add_columns("loss");
    Watch watch(this, std::move(request), options);
    v1::LogRecord record;
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more) more = watch.Next(&record);
    has_ended = more.ok() && record.has_state_change();
    if (!more.ok() && !absl::IsDeadlineExceeded(more.status())) return more.status();
  }
}

}  // namespace descent::client
