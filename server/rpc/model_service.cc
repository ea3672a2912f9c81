#include "server/rpc/model_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/data/inline_table.h"
#include "server/convert/dataset.h"
#include "server/convert/job.h"
#include "server/convert/spec.h"

namespace descent::rpc {
namespace {

// Data that the model cannot take are a wrong field of the request, the one that chose them.
template <typename T>
absl::StatusOr<T> AsField(absl::string_view field, absl::StatusOr<T> result) {
  if (core::GetErrorInfo(result.status()).reason != core::ErrorReason::kInvalidData) return result;
  return core::InvalidField(field, result.status().message());
}

}  // namespace

absl::StatusOr<ModelService::Trained> ModelService::Load(Call* call, const std::string& job_name,
                                                         const v1::ParameterPoint& proto) {
  const std::string name = convert::IdFromName("jobs", job_name, "job", &call->violations);
  const jobs::ParameterPoint point = convert::PointFromProto(proto, "point", &call->violations);
  DESCENT_RETURN_IF_ERROR(call->violations.ToStatus());
  Trained trained;
  DESCENT_ASSIGN_OR_RETURN(trained.job, jobs_->Find(call->caller.owner, name));
  const jobs::Job& job = *trained.job;
  DESCENT_ASSIGN_OR_RETURN(trained.predictor, models_->Get(job.uid(), job.spec(), [&] { return jobs_->Data(job); }));
  DESCENT_ASSIGN_OR_RETURN(trained.parameters, jobs_->Parameters(job, point));
  return trained;
}

absl::StatusOr<core::Schema> ModelService::TrainingSchema(const jobs::Job& job) {
  DESCENT_ASSIGN_OR_RETURN(const core::TrainingData data, jobs_->Data(job));
  return data.table->schema;
}

grpc::ServerUnaryReactor* ModelService::Predict(grpc::CallbackServerContext* context, const v1::PredictRequest* request,
                                                v1::PredictResponse* response) {
  return Handle<v1::PredictRequest, v1::PredictResponse>(
      context, request, response, shared_,
      [this](Call* call, const v1::PredictRequest& in, v1::PredictResponse* out) -> absl::Status {
        if (!in.has_rows()) call->violations.Add("rows", "is required: columns with a value a row");
        DESCENT_ASSIGN_OR_RETURN(const Trained trained, Load(call, in.job(), in.point()));
        DESCENT_ASSIGN_OR_RETURN(const core::Schema schema, TrainingSchema(*trained.job));
        DESCENT_ASSIGN_OR_RETURN(const core::Table rows,
                                 core::TableForPrediction(convert::RowsFromProto(in.rows()), schema, false));
        DESCENT_ASSIGN_OR_RETURN(const core::Predictions predictions,
                                 AsField("rows", trained.predictor->Predict(trained.parameters.values, rows)));
        const std::vector<std::string>& classes = trained.predictor->classes();
        out->set_step(trained.parameters.step);
        out->mutable_values()->Add(predictions.values.begin(), predictions.values.end());
        if (!predictions.values.empty()) {
          const std::vector<std::string>& targets = trained.predictor->targets();
          out->mutable_targets()->Add(targets.begin(), targets.end());
        }
        for (const int64_t index : predictions.classes) out->add_labels(classes[static_cast<size_t>(index)]);
        out->mutable_classes()->Add(classes.begin(), classes.end());
        out->mutable_probabilities()->Add(predictions.probabilities.begin(), predictions.probabilities.end());
        return absl::OkStatus();
      });
}

std::string ModelService::ParseData(const v1::EvaluateRequest& request, core::Violations* violations) {
  if (request.has_dataset()) return convert::IdFromName("datasets", request.dataset(), "dataset", violations);
  if (!v1::DataPart_IsValid(request.part())) {
    violations->Add("part", absl::StrCat("has the unknown value ", static_cast<int>(request.part()),
                                         "; one of: training, held_out"));
  }
  return "";
}

absl::StatusOr<core::Evaluation> ModelService::Measure(const Call& call, const v1::EvaluateRequest& request,
                                                       const std::string& dataset, const Trained& trained) {
  const std::vector<double>& parameters = trained.parameters.values;
  const core::Predictor& predictor = *trained.predictor;
  if (request.has_dataset()) {
    DESCENT_ASSIGN_OR_RETURN(const std::string version, data_->Version(call.caller.owner, dataset));
    DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<const core::Table> table, data_->Load(version));
    return AsField("dataset", predictor.Evaluate(parameters, *table));
  }
  if (request.has_rows()) {
    DESCENT_ASSIGN_OR_RETURN(const core::Schema schema, TrainingSchema(*trained.job));
    DESCENT_ASSIGN_OR_RETURN(const core::Table rows,
                             core::TableForPrediction(convert::RowsFromProto(request.rows()), schema, true));
    return AsField("rows", predictor.Evaluate(parameters, rows));
  }
  const bool held_out = request.part() == v1::DATA_PART_HELD_OUT ||
                        (request.part() == v1::DATA_PART_UNSPECIFIED && predictor.has_held_out());
  return predictor.EvaluatePart(parameters, held_out ? core::DataPart::kHeldOut : core::DataPart::kTraining);
}

grpc::ServerUnaryReactor* ModelService::Evaluate(grpc::CallbackServerContext* context,
                                                 const v1::EvaluateRequest* request, v1::EvaluateResponse* response) {
  return Handle<v1::EvaluateRequest, v1::EvaluateResponse>(
      context, request, response, shared_,
      [this](Call* call, const v1::EvaluateRequest& in, v1::EvaluateResponse* out) -> absl::Status {
        const std::string dataset = ParseData(in, &call->violations);
        DESCENT_ASSIGN_OR_RETURN(const Trained trained, Load(call, in.job(), in.point()));
        DESCENT_ASSIGN_OR_RETURN(const core::Evaluation evaluation, Measure(*call, in, dataset, trained));
        out->set_step(trained.parameters.step);
        *out->mutable_evaluation() = convert::EvaluationToProto(evaluation, trained.predictor->classes());
        return absl::OkStatus();
      });
}

}  // namespace descent::rpc
