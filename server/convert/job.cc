#include "server/convert/job.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/status.h"
#include "server/convert/spec.h"
#include "server/jobs/records.h"

namespace descent::convert {
namespace {

void DiagnosisToProto(const core::Diagnosis& diagnosis, v1::Diagnosis* proto) {
  proto->set_verdict(static_cast<v1::Verdict>(diagnosis.verdict));
  if (diagnosis.verdict == core::Verdict::kLimitCycle) {
    proto->mutable_cycle()->set_period(diagnosis.period);
    proto->mutable_cycle()->set_diameter(diagnosis.diameter);
  } else {
    proto->mutable_spectrum()->set_smallest_eigenvalue(diagnosis.smallest_eigenvalue);
    proto->mutable_spectrum()->set_largest_eigenvalue(diagnosis.largest_eigenvalue);
    proto->mutable_spectrum()->set_newton_distance(diagnosis.newton_distance);
  }
}

void TerminationToProto(const core::Termination& termination, v1::Termination* proto) {
  proto->set_reason(static_cast<v1::TerminationReason>(termination.reason));
  proto->set_message(termination.message);
  proto->set_step(termination.step);
  proto->set_loss(termination.loss);
  proto->set_objective(termination.objective);
  proto->set_gradient_norm(termination.gradient_norm);
  proto->set_kept_step(termination.kept_step);
  if (termination.duality_gap.has_value()) proto->set_duality_gap(*termination.duality_gap);
  if (termination.diagnosis.has_value()) DiagnosisToProto(*termination.diagnosis, proto->mutable_diagnosis());
  if (!termination.non_finite.has_value()) return;
  proto->mutable_non_finite()->set_tensor(termination.non_finite->tensor);
  proto->mutable_non_finite()->set_index(termination.non_finite->index);
  proto->mutable_non_finite()->set_step(termination.non_finite->step);
  proto->mutable_non_finite()->set_value(termination.non_finite->value);
}

void ProgressToProto(const jobs::JobView& view, v1::Progress* proto) {
  const jobs::JobProgress& progress = view.status.progress;
  const int64_t max_steps = view.spec.stopping.integer("max_steps");
  proto->set_step(std::max<int64_t>(0, view.log.last_step));
  proto->set_epoch(progress.epoch);
  proto->set_max_steps(max_steps);
  if (progress.loss.has_value()) proto->set_loss(*progress.loss);
  if (progress.objective.has_value()) proto->set_objective(*progress.objective);
  proto->set_elapsed_seconds(progress.elapsed_seconds);
  proto->set_steps_per_second(progress.steps_per_second);
  if (view.status.state == jobs::JobState::kRunning && progress.steps_per_second > 0) {
    proto->set_eta_seconds(static_cast<double>(max_steps - proto->step()) / progress.steps_per_second);
  }
}

}  // namespace

void TimeToProto(absl::Time time, google::protobuf::Timestamp* proto) {
  const int64_t micros = absl::ToUnixMicros(time);
  proto->set_seconds(micros / 1000000);
  proto->set_nanos(static_cast<int32_t>(micros % 1000000 * 1000));
}

v1::ParameterLayout LayoutToProto(const core::ParameterLayout& layout, core::Precision precision) {
  v1::ParameterLayout proto;
  for (const core::TensorInfo& tensor : layout.tensors) {
    v1::TensorInfo* info = proto.add_tensors();
    info->set_name(tensor.name);
    for (const int64_t extent : tensor.shape) info->add_shape(extent);
    info->set_offset(tensor.offset);
    for (const std::string& label : tensor.labels) info->add_labels(label);
  }
  proto.set_value_count(layout.size);
  proto.set_precision(precision == core::Precision::kFloat32 ? v1::PRECISION_FLOAT32 : v1::PRECISION_FLOAT64);
  return proto;
}

v1::Job JobToProto(const jobs::JobView& view, bool full) {
  const jobs::JobRecord& record = view.record;
  const jobs::JobStatus& status = view.status;
  v1::Job proto;
  if (!record.name.empty()) proto.set_name(absl::StrCat("jobs/", record.name));
  proto.set_uid(absl::BytesToHexString(record.uid));
  proto.set_state(static_cast<v1::JobState>(status.state));
  proto.set_state_reason(static_cast<v1::StateReason>(status.reason));
  proto.set_state_message(status.message);
  TimeToProto(status.state_time, proto.mutable_state_time());
  if (status.termination.has_value()) TerminationToProto(*status.termination, proto.mutable_termination());
  ProgressToProto(view, proto.mutable_progress());
  proto.set_owner(record.owner);
  TimeToProto(record.create_time, proto.mutable_create_time());
  if (record.start_time.has_value()) TimeToProto(*record.start_time, proto.mutable_start_time());
  if (record.end_time.has_value()) TimeToProto(*record.end_time, proto.mutable_end_time());
  proto.set_jobs_ahead(view.jobs_ahead);
  proto.set_attempt(status.attempt);
  proto.set_attempt_executed_steps(status.executed_steps);
  proto.set_build(record.build);
  proto.mutable_log()->set_oldest_sequence(view.log.oldest_sequence);
  proto.mutable_log()->set_end_sequence(view.log.end_sequence);
  proto.mutable_log()->set_parameters_thinned_before_step(view.log.thinned_before_step);
  proto.mutable_log()->set_stored_bytes(view.log.stored_bytes);
  proto.mutable_labels()->insert(record.labels.begin(), record.labels.end());
  if (full) {
    proto.mutable_spec()->ParseFromString(record.given_spec);
    *proto.mutable_resolved_spec() = JobSpecToProto(view.spec);
    *proto.mutable_parameter_layout() = LayoutToProto(view.facts.layout, view.spec.precision);
  }
  return proto;
}

v1::Evaluation EvaluationToProto(const core::Evaluation& evaluation, const std::vector<std::string>& classes) {
  v1::Evaluation proto;
  proto.set_loss(evaluation.loss);
  proto.set_row_count(evaluation.rows);
  for (const core::Metric& metric : evaluation.metrics) {
    v1::Metric* added = proto.add_metrics();
    added->set_name(metric.name);
    added->set_value(metric.value);
  }
  if (!evaluation.confusion_counts.empty()) {
    for (const std::string& name : classes) proto.mutable_confusion()->add_classes(name);
    for (const int64_t count : evaluation.confusion_counts) proto.mutable_confusion()->add_counts(count);
  }
  return proto;
}

jobs::ParameterPoint PointFromProto(const v1::ParameterPoint& proto, absl::string_view path,
                                    core::Violations* violations) {
  using Kind = jobs::ParameterPoint::Kind;
  jobs::ParameterPoint point;
  if (proto.at_case() == v1::ParameterPoint::kStep) {
    point.kind = Kind::kStep;
    point.step = proto.step();
    if (point.step < 0) {
      violations->Add(core::FieldPath(path, "step"), absl::StrCat("must be >= 0, was ", point.step));
    }
  } else if (proto.named() == v1::NAMED_POINT_LAST) {
    point.kind = Kind::kLast;
  } else if (proto.named() == v1::NAMED_POINT_BEST) {
    point.kind = Kind::kBest;
  } else if (proto.named() != v1::NAMED_POINT_UNSPECIFIED) {
    violations->Add(core::FieldPath(path, "named"),
                    absl::StrCat("has the unknown value ", static_cast<int>(proto.named()), "; one of: last, best"));
  }
  return point;
}

namespace {

void StateChangeToProto(const jobs::StateChange& change, v1::StateChange* proto) {
  proto->set_previous_state(static_cast<v1::JobState>(change.previous));
  proto->set_state(static_cast<v1::JobState>(change.state));
  proto->set_reason(static_cast<v1::StateReason>(change.reason));
  proto->set_message(change.message);
  TimeToProto(change.time, proto->mutable_time());
  proto->set_step(change.step);
  proto->set_attempt(change.attempt);
  if (change.termination.has_value()) TerminationToProto(*change.termination, proto->mutable_termination());
}

void EvaluationEventToProto(const core::EvaluationPoint& point, const std::vector<std::string>& classes,
                            v1::EvaluationEvent* proto) {
  proto->set_step(point.step);
  *proto->mutable_training() = EvaluationToProto(point.training, classes);
  if (point.held_out.has_value()) *proto->mutable_held_out() = EvaluationToProto(*point.held_out, classes);
  proto->set_objective(point.objective);
  proto->set_best(point.best);
}

}  // namespace

absl::StatusOr<v1::LogRecord> EventToProto(const std::string& job_name, const jobs::StepLog::Piece& piece,
                                           const std::vector<std::string>& classes) {
  v1::LogRecord record;
  record.set_job(job_name);
  record.set_first_sequence(piece.header.first_sequence);
  record.set_next_sequence(piece.header.next_sequence);
  switch (piece.header.kind) {
    case jobs::RecordKind::kStateChange: {
      DESCENT_ASSIGN_OR_RETURN(const jobs::StateChange change, jobs::DecodeStateChange(*piece.payload));
      StateChangeToProto(change, record.mutable_state_change());
      return record;
    }
    case jobs::RecordKind::kEvaluation: {
      DESCENT_ASSIGN_OR_RETURN(const core::EvaluationPoint point, jobs::DecodeEvaluation(*piece.payload));
      EvaluationEventToProto(point, classes, record.mutable_evaluation());
      return record;
    }
    case jobs::RecordKind::kCheckpoint: {
      DESCENT_ASSIGN_OR_RETURN(const jobs::CheckpointEvent event, jobs::DecodeCheckpoint(*piece.payload));
      record.mutable_checkpoint()->set_step(event.step);
      record.mutable_checkpoint()->set_size_bytes(event.size_bytes);
      record.mutable_checkpoint()->set_crc32(event.crc32);
      return record;
    }
    case jobs::RecordKind::kWarning: {
      DESCENT_ASSIGN_OR_RETURN(const jobs::Warning warning, jobs::DecodeWarning(*piece.payload));
      record.mutable_warning()->set_code(warning.code);
      record.mutable_warning()->set_message(warning.message);
      record.mutable_warning()->set_step(warning.step);
      return record;
    }
    case jobs::RecordKind::kMultiStart: {
      DESCENT_ASSIGN_OR_RETURN(const core::MultiStart event, jobs::DecodeMultiStart(*piece.payload));
      record.mutable_multi_start()->mutable_objectives()->Add(event.objectives.begin(), event.objectives.end());
      record.mutable_multi_start()->set_chosen(event.chosen);
      return record;
    }
    case jobs::RecordKind::kRows:
    case jobs::RecordKind::kParameters:
      break;
  }
  return core::MakeError(core::ErrorReason::kStoredDataDamaged, "a record of the step log has an unknown kind");
}

}  // namespace descent::convert
