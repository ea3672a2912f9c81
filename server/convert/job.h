// Jobs, evaluations and log events on their way to the wire.
#ifndef DESCENT_SERVER_CONVERT_JOB_H_
#define DESCENT_SERVER_CONVERT_JOB_H_

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/errors.h"
#include "core/training/evaluation.h"
#include "core/training/trainer.h"
#include "descent/v1/evaluation.pb.h"
#include "descent/v1/job.pb.h"
#include "descent/v1/job_service.pb.h"
#include "descent/v1/parameters.pb.h"
#include "descent/v1/step_log.pb.h"
#include "server/jobs/manager.h"
#include "server/jobs/step_log.h"

namespace descent::convert {

void TimeToProto(absl::Time time, google::protobuf::Timestamp* proto);

// `full` adds the specs and the parameter layout.
v1::Job JobToProto(const jobs::JobView& view, bool full);
v1::ParameterLayout LayoutToProto(const core::ParameterLayout& layout, core::Precision precision);
v1::Evaluation EvaluationToProto(const core::Evaluation& evaluation, const std::vector<std::string>& classes);

// A filter such as `state = RUNNING AND labels.team = "a"` and an order such as `create_time desc`. Violations at
// `filter` (with the byte where it went wrong) and `order_by`.
std::vector<jobs::JobCondition> ParseFilter(absl::string_view filter, core::Violations* violations);
void ParseOrder(absl::string_view order_by, jobs::JobQuery* query, core::Violations* violations);

jobs::ParameterPoint PointFromProto(const v1::ParameterPoint& proto, absl::string_view path,
                                    core::Violations* violations);

// An event of the log; `classes` name the confusion counts of evaluations.
absl::StatusOr<v1::LogRecord> EventToProto(const std::string& job_name, const jobs::StepLog::Piece& piece,
                                           const std::vector<std::string>& classes);

}  // namespace descent::convert

#endif  // DESCENT_SERVER_CONVERT_JOB_H_
