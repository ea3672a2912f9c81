#include "core/training/optimizer_needs.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/losses/loss.h"
#include "core/models/model.h"
#include "core/optimizers/optimizer.h"
#include "core/regularizers/regularizer.h"

namespace descent::core {
namespace {

constexpr absl::string_view kProblem = "problem.dataset";

class Checker {
 public:
  Checker(const JobSpec& spec, absl::string_view path, Violations* violations)
      : spec_(spec), path_(path), violations_(violations), optimizer_(FindOptimizer(spec.optimizer.name())) {
    if (!spec.dataset.has_value()) return;
    model_ = FindModel(spec.dataset->model.name());
    const bool own_loss = spec.dataset->loss.info() != nullptr;
    if (model_ != nullptr)
      loss_ = FindLoss(own_loss ? absl::string_view(spec.dataset->loss.name()) : model_->losses[0]);
  }

  void CheckAll() {
    if (optimizer_ == nullptr) return;
    if (optimizer_->needs_residuals) CheckResiduals();
    if (optimizer_->needs_linear_rows) {
      if (spec_.function.has_value()) {
        violations_->Add(FieldPath(path_, FieldPath("optimizer", optimizer_->kind.name)),
                         "goes through the rows of a dataset, and a function has none; use another optimizer");
      }
      if (spec_.clipping.info() != nullptr && !optimizer_->needs_batch) {
        violations_->Add(FieldPath(path_, "clipping"),
                         absl::StrCat(optimizer_->kind.name,
                                      " does not step along the batch's gradient, which is what is clipped; leave it "
                                      "out or use another optimizer"));
      }
    }
    if (loss_ == nullptr) return;
    if (optimizer_->needs_curvature) CheckCurvature();
    if (optimizer_->needs_linear_rows) CheckLinearRows();
  }

 private:
  void Add(absl::string_view family, absl::string_view kind, absl::string_view field, absl::string_view description) {
    std::string place = FieldPath(FieldPath(kProblem, family), kind);
    if (!field.empty()) place = FieldPath(place, field);
    violations_->Add(FieldPath(path_, place), description);
  }

  void CheckCurvature() {
    const std::string needs =
        absl::StrCat("does not suit the optimizer ", optimizer_->kind.name, ": it needs second derivatives; ");
    if (loss_->has_kinks) {
      Add("loss", loss_->kind.name, "",
          absl::StrCat("has slopes that jump, which ", needs, "use a smooth loss, or another optimizer"));
    }
    const absl::string_view kinked = KinkedFieldOf(spec_.dataset->model);
    if (!kinked.empty()) {
      Add("model", model_->kind.name, kinked,
          absl::StrCat("has slopes that jump, which ", needs, "use a smooth one (tanh, gelu), or lbfgs"));
    }
    if (model_->kind.FindField("dropout") != nullptr && spec_.dataset->model.number("dropout") > 0) {
      Add("model", model_->kind.name, "dropout",
          absl::StrCat("draws anew in every step, which ", needs, "set it to 0, or use another optimizer"));
    }
    for (const Config& penalty : spec_.dataset->penalties) {
      if (!HaveKinks({&penalty, 1})) continue;
      Add("regularization", penalty.name(), "",
          absl::StrCat("has a slope that jumps at 0, which ", needs, "use l2, or another optimizer"));
    }
  }

  // Least squares on data: a mean of squared residuals, and squares of parameters.
  void CheckResiduals() {
    const absl::string_view name = optimizer_->kind.name;
    const std::string needs = absl::StrCat("does not suit the optimizer ", name, ", which is for ");
    if (!TrainsOnData(spec_)) {
      return violations_->Add(FieldPath(path_, FieldPath("optimizer", name)),
                              absl::StrCat("is for least squares, fits of a model or a formula to data, and ",
                                           spec_.function.has_value() ? "a function" : "a formula without a dataset",
                                           " has no residuals; use newton_cg, lbfgs or another optimizer"));
    }
    const bool is_formula = spec_.formula.has_value();
    const Config& loss = is_formula ? spec_.formula->loss : spec_.dataset->loss;
    const absl::string_view loss_name = loss.info() != nullptr ? loss.name() : loss_ != nullptr ? loss_->kind.name : "";
    if (!loss_name.empty() && std::count(optimizer_->losses.begin(), optimizer_->losses.end(), loss_name) == 0) {
      violations_->Add(
          FieldPath(path_, FieldPath(is_formula ? "problem.formula.loss" : "problem.dataset.loss", loss_name)),
          absl::StrCat(needs, "the losses ", absl::StrJoin(optimizer_->losses, ", "),
                       "; use one of these, or another optimizer"));
    }
    if (is_formula || model_ == nullptr) return;
    if (model_->kind.FindField("dropout") != nullptr && spec_.dataset->model.number("dropout") > 0) {
      Add("model", model_->kind.name, "dropout",
          absl::StrCat(needs, "models that draw nothing at random; set it to 0, or use another optimizer"));
    }
    for (const Config& penalty : spec_.dataset->penalties) {
      if (!HaveKinks({&penalty, 1})) continue;
      Add("regularization", penalty.name(), "", absl::StrCat(needs, "sums of squares; use l2, or another optimizer"));
    }
  }

  void CheckLinearRows() {
    const absl::string_view name = optimizer_->kind.name;
    if (!model_->is_linear_output) {
      return Add("model", model_->kind.name, "",
                 absl::StrCat("does not suit the optimizer ", name,
                              ", which is for models with one linear output: linear, logistic; use one of these, or "
                              "another optimizer"));
    }
    const bool fits = optimizer_->losses.empty()
                          ? !loss_->has_kinks
                          : std::count(optimizer_->losses.begin(), optimizer_->losses.end(), loss_->kind.name) > 0;
    if (!fits) {
      Add("loss", loss_->kind.name, "",
          absl::StrCat("does not suit the optimizer ", name, ", which is for ",
                       optimizer_->losses.empty()
                           ? "smooth losses"
                           : absl::StrCat("the losses ", absl::StrJoin(optimizer_->losses, ", ")),
                       "; use one of these, or another optimizer"));
    } else if (optimizer_->default_rate != nullptr && loss_->most_curvature == 0 &&
               !spec_.optimizer.has("learning_rate")) {
      violations_->Add(FieldPath(path_, FieldPath(FieldPath("optimizer", name), "learning_rate")),
                       absl::StrCat("is required under the loss ", loss_->kind.name,
                                    ", for whose second derivative no bound is known"));
    }
  }

  const JobSpec& spec_;
  const absl::string_view path_;
  Violations* const violations_;
  const OptimizerInfo* const optimizer_;
  const ModelInfo* model_ = nullptr;
  const LossInfo* loss_ = nullptr;
};

}  // namespace

void CheckOptimizerNeeds(const JobSpec& spec, absl::string_view path, Violations* violations) {
  Checker(spec, path, violations).CheckAll();
}

void CheckParameterCount(const JobSpec& spec, int64_t parameters, absl::string_view path, Violations* violations) {
  const OptimizerInfo* optimizer = FindOptimizer(spec.optimizer.name());
  if (optimizer == nullptr || optimizer->most_parameters == 0 || parameters <= optimizer->most_parameters) return;
  violations->Add(FieldPath(path, FieldPath("optimizer", optimizer->kind.name)),
                  absl::StrCat("is for at most ", optimizer->most_parameters, " parameters, and there are ", parameters,
                               "; use lbfgs or another optimizer"));
}

}  // namespace descent::core
