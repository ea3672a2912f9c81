// Manager's way to a job's parameter vectors and data.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/status.h"
#include "server/jobs/manager.h"

namespace descent::jobs {

absl::StatusOr<core::TrainingData> Manager::Data(const Job& job) const {
  core::TrainingData data;
  if (!core::TrainsOnData(job.spec())) return data;
  DESCENT_ASSIGN_OR_RETURN(data.table, parts_.data->Load(core::TrainingDatasetVersion(job.spec())));
  if (job.spec().evaluation.has("dataset_version")) {
    DESCENT_ASSIGN_OR_RETURN(data.evaluation_table, parts_.data->Load(job.spec().evaluation.text("dataset_version")));
  }
  return data;
}

absl::StatusOr<core::ParameterVector> Manager::Parameters(const Job& job, const ParameterPoint& point) const {
  switch (point.kind) {
    case ParameterPoint::Kind::kStep: {
      DESCENT_ASSIGN_OR_RETURN(std::optional<core::ParameterVector> recorded, job.log()->ParametersAt(point.step));
      if (recorded.has_value()) return *std::move(recorded);
      const absl::StatusOr<CheckpointStore::Checkpoint> checkpoint = parts_.checkpoints->Latest(job.uid());
      if (!checkpoint.ok()) return NotKept(job, point.step);
      DESCENT_ASSIGN_OR_RETURN(core::SnapshotParameters vectors, core::ReadSnapshotParameters(checkpoint->bytes));
      for (core::ParameterVector* vector : {&vectors.last, &vectors.best, &vectors.kept}) {
        if (vector->step == point.step) return std::move(*vector);
      }
      return NotKept(job, point.step);
    }
    case ParameterPoint::Kind::kBest:
      return BestParameters(job);
    case ParameterPoint::Kind::kLast:
      return NewestParameters(job);
    case ParameterPoint::Kind::kKept:
      break;
  }
  if (!IsTerminal(job.status().state)) return NewestParameters(job);
  const absl::StatusOr<CheckpointStore::Checkpoint> checkpoint = parts_.checkpoints->Latest(job.uid());
  if (!checkpoint.ok()) return NewestParameters(job);
  DESCENT_ASSIGN_OR_RETURN(core::SnapshotParameters vectors, core::ReadSnapshotParameters(checkpoint->bytes));
  return std::move(vectors.kept);
}

// The later of the newest recorded vector and the checkpoint's.
absl::StatusOr<core::ParameterVector> Manager::NewestParameters(const Job& job) const {
  const int64_t last_step = job.log()->extent().last_step;
  const int64_t stride = job.spec().record.integer("parameters_every_steps");
  const absl::StatusOr<CheckpointStore::Checkpoint> checkpoint = parts_.checkpoints->Latest(job.uid());
  // The last row of a run that is over has its parameters whatever the stride.
  const bool in_log = !core::AnswersElsewhere(job.spec());
  for (const int64_t step : {last_step, stride > 0 ? last_step - last_step % stride : -1}) {
    if (!in_log || step < 0 || (checkpoint.ok() && checkpoint->step > step)) continue;
    DESCENT_ASSIGN_OR_RETURN(std::optional<core::ParameterVector> recorded, job.log()->ParametersAt(step));
    if (recorded.has_value()) return *std::move(recorded);
  }
  if (!checkpoint.ok()) return in_log ? NotKept(job, std::max<int64_t>(last_step, 0)) : NoCheckpoint(job, "answer");
  DESCENT_ASSIGN_OR_RETURN(core::SnapshotParameters vectors, core::ReadSnapshotParameters(checkpoint->bytes));
  return std::move(vectors.last);
}

absl::StatusOr<core::ParameterVector> Manager::BestParameters(const Job& job) const {
  // Evaluations after the checkpoint may have found better ones.
  if (!IsTerminal(job.status().state) && !core::AnswersElsewhere(job.spec())) {
    DESCENT_ASSIGN_OR_RETURN(const std::optional<StepLog::Piece> piece, job.log()->Newest(RecordKind::kEvaluation));
    if (piece.has_value()) {
      DESCENT_ASSIGN_OR_RETURN(const core::EvaluationPoint evaluation, DecodeEvaluation(*piece->payload));
      if (evaluation.best) {
        DESCENT_ASSIGN_OR_RETURN(std::optional<core::ParameterVector> recorded,
                                 job.log()->ParametersAt(evaluation.step));
        if (recorded.has_value()) return *std::move(recorded);
      }
    }
  }
  const absl::StatusOr<CheckpointStore::Checkpoint> checkpoint = parts_.checkpoints->Latest(job.uid());
  if (!checkpoint.ok()) return NoCheckpoint(job, "best parameters");
  DESCENT_ASSIGN_OR_RETURN(core::SnapshotParameters vectors, core::ReadSnapshotParameters(checkpoint->bytes));
  return std::move(vectors.best);
}

absl::Status Manager::NoCheckpoint(const Job& job, absl::string_view what) const {
  return core::MakeError(core::ErrorReason::kStepNotRecorded,
                         absl::StrCat("jobs/", job.name(), " has no checkpoint yet that holds its ", what,
                                      "; ask for the parameters of a step or lower record.checkpoint_seconds"));
}

// Which steps are kept follows from the stride, what was thinned and the last row.
absl::Status Manager::NotKept(const Job& job, int64_t step) const {
  const StepLog::Extent extent = job.log()->extent();
  if (extent.last_step < 0) {
    return core::MakeError(core::ErrorReason::kStepNotRecorded,
                           absl::StrCat("jobs/", job.name(), " has not recorded a row yet; watch it, then ask again"));
  }
  const int64_t stride = job.spec().record.integer("parameters_every_steps");
  std::vector<int64_t> kept;  // around the step
  if (stride > 0) {
    const int64_t oldest = (extent.thinned_before_step + stride - 1) / stride * stride;
    const int64_t before = std::min(step, extent.last_step) / stride * stride;
    const int64_t after = std::max(oldest, (step + stride - 1) / stride * stride);
    if (before >= oldest) kept.push_back(before);
    if (after <= extent.last_step) kept.push_back(after);
  }
  // The last row of a run that is over has its parameters whatever the stride.
  if (IsTerminal(job.status().state) && extent.last_step != step) kept.push_back(extent.last_step);
  core::ErrorMetadata metadata;
  for (const int64_t other : kept) {
    if (other < step) metadata["step_before"] = absl::StrCat(other);
    if (other > step) metadata.emplace("step_after", absl::StrCat(other));
  }
  const bool has_before = metadata.count("step_before") > 0;
  const bool has_after = metadata.count("step_after") > 0;
  const std::string advice = !has_before && !has_after ? "; ask for the last or the best ones"
                             : has_before && has_after ? absl::StrCat("; the nearest are at ", metadata["step_before"],
                                                                      " and ", metadata["step_after"])
                                                       : absl::StrCat("; the nearest is at ", metadata.begin()->second);
  return core::MakeError(core::ErrorReason::kStepNotRecorded,
                         absl::StrCat("jobs/", job.name(), " keeps no parameters at step ", step, advice), metadata);
}

}  // namespace descent::jobs
