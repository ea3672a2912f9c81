#include "server/convert/spec.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/errors.h"
#include "core/base/resource_id.h"
#include "core/initializers/initializer.h"
#include "core/losses/loss.h"
#include "core/models/model.h"
#include "core/optimizers/optimizer.h"
#include "core/regularizers/regularizer.h"
#include "core/schedules/schedule.h"
#include "core/training/averaging.h"
#include "core/training/clipping.h"
#include "core/training/guard.h"
#include "core/training/parameter_groups.h"
#include "core/training/rate_reduction.h"
#include "server/convert/config.h"

namespace descent::convert {
namespace {

using core::Config;
using core::FieldPath;
using core::Violations;

core::DatasetProblem DatasetProblemFromProto(const v1::DatasetProblem& proto, absl::string_view path,
                                             Violations* violations) {
  core::DatasetProblem problem;
  problem.dataset = IdFromName("datasets", proto.dataset(), FieldPath(path, "dataset"), violations);
  problem.dataset_version = proto.dataset_version();
  problem.model = KindFromProto(proto.model(), KindsOf(core::Models()), FieldPath(path, "model"), violations);
  problem.loss = KindFromProto(proto.loss(), KindsOf(core::Losses()), FieldPath(path, "loss"), violations);
  const v1::Regularization& regularization = proto.regularization();
  for (const core::RegularizerInfo* info : core::Regularizers()) {
    const auto* descriptor = v1::Regularization::descriptor()->FindFieldByName(std::string(info->kind.name));
    if (!regularization.GetReflection()->HasField(regularization, descriptor)) continue;
    problem.penalties.push_back(ConfigFromProto(regularization.GetReflection()->GetMessage(regularization, descriptor),
                                                info->kind, absl::StrCat(path, ".regularization.", info->kind.name),
                                                violations));
  }
  if (proto.has_class_weights()) {
    problem.class_weights = {.balanced = proto.class_weights().balanced(), .weights = {}};
    problem.class_weights->weights.insert(proto.class_weights().weights().begin(),
                                          proto.class_weights().weights().end());
  }
  if (proto.has_preprocessing()) {
    problem.preprocessing =
        ConfigFromProto(proto.preprocessing(), core::PreprocessingInfo(), FieldPath(path, "preprocessing"), violations);
  }
  return problem;
}

void DatasetProblemToProto(const core::DatasetProblem& problem, v1::DatasetProblem* proto) {
  proto->set_dataset(absl::StrCat("datasets/", problem.dataset));
  proto->set_dataset_version(problem.dataset_version);
  if (problem.model.info() != nullptr) KindToProto(problem.model, proto->mutable_model());
  if (problem.loss.info() != nullptr) KindToProto(problem.loss, proto->mutable_loss());
  for (const Config& penalty : problem.penalties) KindToProto(penalty, proto->mutable_regularization());
  if (problem.preprocessing.info() != nullptr) ConfigToProto(problem.preprocessing, proto->mutable_preprocessing());
  if (problem.class_weights.has_value()) {
    proto->mutable_class_weights()->set_balanced(problem.class_weights->balanced);
    proto->mutable_class_weights()->mutable_weights()->insert(problem.class_weights->weights.begin(),
                                                              problem.class_weights->weights.end());
  }
}

core::FormulaProblem FormulaFromProto(const v1::FormulaProblem& proto, absl::string_view path, Violations* violations) {
  core::FormulaProblem problem;
  problem.expression = proto.expression();
  if (!proto.dataset().empty()) {
    problem.dataset = IdFromName("datasets", proto.dataset(), FieldPath(path, "dataset"), violations);
  }
  problem.dataset_version = proto.dataset_version();
  problem.loss = KindFromProto(proto.loss(), KindsOf(core::Losses()), FieldPath(path, "loss"), violations);
  const auto optional = [](bool has, double value) { return has ? std::optional<double>(value) : std::nullopt; };
  for (const v1::FormulaParameter& parameter : proto.parameters()) {
    problem.parameters.push_back({.name = parameter.name(),
                                  .start = optional(parameter.has_start(), parameter.start()),
                                  .lower = optional(parameter.has_lower(), parameter.lower()),
                                  .upper = optional(parameter.has_upper(), parameter.upper())});
  }
  return problem;
}

void FormulaToProto(const core::FormulaProblem& problem, v1::FormulaProblem* proto) {
  proto->set_expression(problem.expression);
  if (!problem.dataset.empty()) proto->set_dataset(absl::StrCat("datasets/", problem.dataset));
  proto->set_dataset_version(problem.dataset_version);
  if (problem.loss.info() != nullptr) KindToProto(problem.loss, proto->mutable_loss());
  for (const core::FormulaParameter& parameter : problem.parameters) {
    v1::FormulaParameter* added = proto->add_parameters();
    added->set_name(parameter.name);
    if (parameter.start.has_value()) added->set_start(*parameter.start);
    if (parameter.lower.has_value()) added->set_lower(*parameter.lower);
    if (parameter.upper.has_value()) added->set_upper(*parameter.upper);
  }
}

void StoppingFromProto(const v1::Stopping& proto, absl::string_view path, core::JobSpec* spec, Violations* violations) {
  spec->stopping = ConfigFromProto(proto, core::StoppingInfo(), path, violations);
  if (proto.has_plateau()) {
    spec->plateau = ConfigFromProto(proto.plateau(), core::PlateauInfo(), FieldPath(path, "plateau"), violations);
  }
  if (proto.has_early_stopping()) {
    spec->early_stopping = ConfigFromProto(proto.early_stopping(), core::EarlyStoppingInfo(),
                                           FieldPath(path, "early_stopping"), violations);
  }
}

void EvaluationFromProto(const v1::EvaluationPolicy& proto, const std::string& path, core::JobSpec* spec,
                         Violations* violations) {
  spec->evaluation = ConfigFromProto(proto, core::EvaluationInfo(), path, violations);
  if (proto.dataset().empty()) return;
  spec->evaluation.SetText("dataset", IdFromName("datasets", proto.dataset(), path + ".dataset", violations));
}

core::Precision PrecisionFromProto(v1::Precision precision, absl::string_view path, Violations* violations) {
  switch (precision) {
    case v1::PRECISION_UNSPECIFIED:
      return core::Precision::kUnspecified;
    case v1::PRECISION_FLOAT32:
      return core::Precision::kFloat32;
    case v1::PRECISION_FLOAT64:
      return core::Precision::kFloat64;
    default:
      violations->Add(
          path, absl::StrCat("has the unknown value ", static_cast<int>(precision), "; one of: float32, float64"));
      return core::Precision::kUnspecified;
  }
}

v1::Precision PrecisionToProto(core::Precision precision) {
  return precision == core::Precision::kFloat32   ? v1::PRECISION_FLOAT32
         : precision == core::Precision::kFloat64 ? v1::PRECISION_FLOAT64
                                                  : v1::PRECISION_UNSPECIFIED;
}

}  // namespace

std::string IdFromName(absl::string_view collection, absl::string_view name, absl::string_view path,
                       Violations* violations) {
  absl::string_view id = name;
  const bool has_collection = absl::ConsumePrefix(&id, absl::StrCat(collection, "/"));
  if (has_collection && core::IsResourceId(id)) return std::string(id);
  violations->Add(path, name.empty() ? absl::StrCat("is required: a name such as ", collection, "/example")
                                     : absl::StrCat("must be a name such as ", collection,
                                                    "/example, in lower-case letters, digits and hyphens, was \"",
                                                    name.substr(0, 100), "\""));
  return "";
}

core::JobSpec JobSpecFromProto(const v1::JobSpec& proto, absl::string_view path, Violations* violations) {
  const auto at = [path](absl::string_view field) { return FieldPath(path, field); };
  core::JobSpec spec;
  if (proto.problem().has_dataset()) {
    spec.dataset = DatasetProblemFromProto(proto.problem().dataset(), at("problem.dataset"), violations);
  } else if (proto.problem().has_function()) {
    spec.function = proto.problem().function().name();
  } else if (proto.problem().has_formula()) {
    spec.formula = FormulaFromProto(proto.problem().formula(), at("problem.formula"), violations);
  }
  spec.initializer =
      KindFromProto(proto.initialization(), KindsOf(core::Initializers()), at("initialization"), violations);
  if (proto.initialization().has_starts()) spec.starts = proto.initialization().starts();
  spec.optimizer = KindFromProto(proto.optimizer(), KindsOf(core::Optimizers()), at("optimizer"), violations);
  spec.schedule = KindFromProto(proto.schedule(), KindsOf(core::Schedules()), at("schedule"), violations);
  if (proto.schedule().has_warmup()) {
    spec.warmup = ConfigFromProto(proto.schedule().warmup(), core::WarmupInfo(), at("schedule.warmup"), violations);
  }
  if (proto.schedule().has_reduce_on_plateau()) {
    spec.reduce_on_plateau = ConfigFromProto(proto.schedule().reduce_on_plateau(), core::ReduceOnPlateauInfo(),
                                             at("schedule.reduce_on_plateau"), violations);
  }
  if (proto.has_clipping()) {
    spec.clipping = ConfigFromProto(proto.clipping(), core::ClippingInfo(), at("clipping"), violations);
  }
  if (proto.has_guard()) spec.guard = ConfigFromProto(proto.guard(), core::GuardInfo(), at("guard"), violations);
  spec.averaging = KindFromProto(proto.averaging(), core::Averages(), at("averaging"), violations);
  for (const v1::ParameterGroup& group : proto.parameter_groups()) {
    const std::string place = at(absl::StrCat("parameter_groups[", spec.parameter_groups.size(), "]"));
    spec.parameter_groups.push_back(ConfigFromProto(group, core::ParameterGroupInfo(), place, violations));
  }
  spec.batch = KindFromProto(proto.batch(), core::Batches(), at("batch"), violations);
  if (proto.has_seed()) spec.seed = proto.seed();
  if (proto.has_lazy_updates()) spec.lazy_updates = proto.lazy_updates();
  spec.precision = PrecisionFromProto(proto.precision(), at("precision"), violations);
  if (proto.has_stopping()) StoppingFromProto(proto.stopping(), at("stopping"), &spec, violations);
  if (proto.has_evaluation()) EvaluationFromProto(proto.evaluation(), at("evaluation"), &spec, violations);
  if (proto.has_record()) spec.record = ConfigFromProto(proto.record(), core::RecordInfo(), at("record"), violations);
  if (proto.has_execution()) {
    spec.execution = ConfigFromProto(proto.execution(), core::ExecutionInfo(), at("execution"), violations);
  }
  spec.labels.insert(proto.labels().begin(), proto.labels().end());
  return spec;
}

v1::JobSpec JobSpecToProto(const core::JobSpec& spec) {
  v1::JobSpec proto;
  if (spec.dataset.has_value()) {
    DatasetProblemToProto(*spec.dataset, proto.mutable_problem()->mutable_dataset());
  } else if (spec.function.has_value()) {
    proto.mutable_problem()->mutable_function()->set_name(*spec.function);
  } else if (spec.formula.has_value()) {
    FormulaToProto(*spec.formula, proto.mutable_problem()->mutable_formula());
  }
  if (spec.initializer.info() != nullptr) KindToProto(spec.initializer, proto.mutable_initialization());
  if (spec.starts.has_value()) proto.mutable_initialization()->set_starts(*spec.starts);
  if (spec.optimizer.info() != nullptr) KindToProto(spec.optimizer, proto.mutable_optimizer());
  if (spec.schedule.info() != nullptr) KindToProto(spec.schedule, proto.mutable_schedule());
  if (spec.warmup.info() != nullptr) ConfigToProto(spec.warmup, proto.mutable_schedule()->mutable_warmup());
  if (spec.reduce_on_plateau.info() != nullptr) {
    ConfigToProto(spec.reduce_on_plateau, proto.mutable_schedule()->mutable_reduce_on_plateau());
  }
  if (spec.clipping.info() != nullptr) ConfigToProto(spec.clipping, proto.mutable_clipping());
  if (spec.averaging.info() != nullptr) KindToProto(spec.averaging, proto.mutable_averaging());
  if (spec.guard.info() != nullptr) ConfigToProto(spec.guard, proto.mutable_guard());
  for (const Config& group : spec.parameter_groups) ConfigToProto(group, proto.add_parameter_groups());
  if (spec.batch.info() != nullptr) KindToProto(spec.batch, proto.mutable_batch());
  if (spec.seed.has_value()) proto.set_seed(*spec.seed);
  if (spec.lazy_updates.has_value()) proto.set_lazy_updates(*spec.lazy_updates);
  proto.set_precision(PrecisionToProto(spec.precision));
  if (spec.stopping.info() != nullptr) ConfigToProto(spec.stopping, proto.mutable_stopping());
  if (spec.plateau.info() != nullptr) ConfigToProto(spec.plateau, proto.mutable_stopping()->mutable_plateau());
  if (spec.early_stopping.info() != nullptr) {
    ConfigToProto(spec.early_stopping, proto.mutable_stopping()->mutable_early_stopping());
  }
  if (spec.evaluation.info() != nullptr) {
    ConfigToProto(spec.evaluation, proto.mutable_evaluation());
    if (spec.evaluation.has("dataset")) {
      proto.mutable_evaluation()->set_dataset(absl::StrCat("datasets/", spec.evaluation.text("dataset")));
    }
  }
  if (spec.record.info() != nullptr) ConfigToProto(spec.record, proto.mutable_record());
  if (spec.execution.info() != nullptr) ConfigToProto(spec.execution, proto.mutable_execution());
  proto.mutable_labels()->insert(spec.labels.begin(), spec.labels.end());
  return proto;
}

std::string EncodeSpec(const core::JobSpec& spec) { return JobSpecToProto(spec).SerializeAsString(); }

absl::StatusOr<core::JobSpec> DecodeSpec(const std::string& bytes) {
  v1::JobSpec proto;
  Violations violations;
  if (proto.ParseFromString(bytes)) {
    FindUnknownFields(proto, "spec", &violations);
    core::JobSpec spec = JobSpecFromProto(proto, "spec", &violations);
    if (violations.empty()) return spec;
  }
  return core::MakeError(core::ErrorReason::kStoredDataDamaged, "the stored spec of a job is damaged");
}

}  // namespace descent::convert
