#include "server/rpc/parameters_reactor.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/base/suggest.h"
#include "server/convert/job.h"
#include "server/convert/spec.h"

namespace descent::rpc {
namespace {

// Keeps messages below 1 MiB, layout included.
constexpr int64_t kValuesAChunk = 120 << 10;

}  // namespace

ParametersReactor::ParametersReactor(grpc::CallbackServerContext* context, v1::GetParametersRequest request,
                                     const CallShared& shared, jobs::Manager* jobs, models::PredictorCache* models)
    : context_(context), request_(std::move(request)), shared_(shared), jobs_(jobs), models_(models) {
  shared_.requests->Post([this] {
    if (const absl::Status status = Load(); !status.ok()) return Finish(ToGrpc(status, shared_));
    WriteNext();
  });
}

absl::Status ParametersReactor::Load() {
  DESCENT_ASSIGN_OR_RETURN(const security::Caller caller, Identify(*context_, shared_));
  core::Violations violations;
  convert::FindUnknownFields(request_, "", &violations);
  const std::string name = convert::IdFromName("jobs", request_.name(), "name", &violations);
  const jobs::ParameterPoint point = convert::PointFromProto(request_.point(), "point", &violations);
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<jobs::Job> job, jobs_->Find(caller.owner, name));
  DESCENT_ASSIGN_OR_RETURN(const jobs::JobView view, jobs_->View(*job));
  DESCENT_ASSIGN_OR_RETURN(core::ParameterVector vector, jobs_->Parameters(*job, point));
  chunk_.set_step(vector.step);
  if (request_.original_units()) {
    if (!core::TrainsOnData(job->spec())) {
      return core::InvalidField("original_units", "a function has no columns and so no units of them; leave it out");
    }
    DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<const core::Predictor> predictor,
                             models_->Get(job->uid(), job->spec(), [&] { return jobs_->Data(*job); }));
    DESCENT_ASSIGN_OR_RETURN(vector.values, predictor->InOriginalUnits(vector.values));
  }
  return Select(*job, view.facts.layout, std::move(vector.values));
}

// The tensors that were asked for, with offsets among themselves.
absl::Status ParametersReactor::Select(const jobs::Job& job, const core::ParameterLayout& layout,
                                       std::vector<double> values) {
  core::ParameterLayout chosen = layout;
  if (request_.tensors().empty()) {
    values_ = std::move(values);
  } else {
    chosen = {};
    core::Violations violations;
    std::vector<std::string> names;
    for (const core::TensorInfo& tensor : layout.tensors) names.push_back(tensor.name);
    for (int i = 0; i < request_.tensors_size(); ++i) {
      const auto tensor =
          std::find_if(layout.tensors.begin(), layout.tensors.end(),
                       [&](const core::TensorInfo& other) { return other.name == request_.tensors(i); });
      if (tensor == layout.tensors.end()) {
        violations.Add(absl::StrCat("tensors[", i, "]"),
                       absl::StrCat("the model has no tensor \"", request_.tensors(i).substr(0, 100), "\"",
                                    core::Suggestion(request_.tensors(i), names)));
        continue;
      }
      chosen.Add(tensor->name, tensor->shape, tensor->role, tensor->labels);
      values_.insert(values_.end(), values.begin() + tensor->offset, values.begin() + tensor->offset + tensor->size());
    }
    DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  }
  *chunk_.mutable_layout() = convert::LayoutToProto(chosen, job.spec().precision);
  return absl::OkStatus();
}

void ParametersReactor::WriteNext() {
  const auto size = static_cast<int64_t>(values_.size());
  const int64_t end = std::min(size, written_ + kValuesAChunk);
  chunk_.set_offset(written_);
  chunk_.mutable_values()->Assign(values_.begin() + written_, values_.begin() + end);
  written_ = end;
  if (written_ == size) {
    StartWriteAndFinish(&chunk_, grpc::WriteOptions(), grpc::Status::OK);
  } else {
    StartWrite(&chunk_);
  }
}

void ParametersReactor::OnWriteDone(bool ok) {
  if (!ok) {
    if (written_ < static_cast<int64_t>(values_.size())) Finish(grpc::Status::CANCELLED);
    return;
  }
  if (written_ == static_cast<int64_t>(values_.size())) return;
  chunk_.clear_layout();
  WriteNext();
}

}  // namespace descent::rpc
