#include "core/training/optimizer_needs.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/expression/formula.h"
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
    if (model_ != nullptr) loss_ = LossOf(*spec.dataset);
  }

  void CheckAll() {
    if (optimizer_ == nullptr) return;
    CheckBatch();
    CheckClipping();
    CheckBounds();
    CheckAveraging();
    CheckMomentum();
    CheckGroups();
    CheckProximal();
    if (optimizer_->needs_residuals) CheckResiduals();
    if (optimizer_->needs_curvature) {
      CheckFormulaBends();
      if (loss_ != nullptr) CheckModelBends();
    }
    if (optimizer_->needs_linear_rows) {
      CheckHasRows();
      if (loss_ != nullptr) CheckLinearRows();
    }
  }

 private:
  void Add(absl::string_view family, absl::string_view kind, absl::string_view field, absl::string_view description) {
    std::string place = FieldPath(FieldPath(kProblem, family), kind);
    if (!field.empty()) place = FieldPath(place, field);
    violations_->Add(FieldPath(path_, place), description);
  }

  // At a field of the spec.
  void AddAt(absl::string_view field, absl::string_view description) {
    violations_->Add(FieldPath(path_, field), description);
  }
  absl::string_view name() const { return optimizer_->kind.name; }

  void CheckBatch() {
    if (!optimizer_->needs_batch || !TrainsOnData(spec_)) return;
    if (spec_.batch.info() == nullptr || spec_.batch.name() == "full") return;
    AddAt(FieldPath("batch", spec_.batch.name()),
          absl::StrCat("does not fit the optimizer ", name(),
                       optimizer_->needs_linear_rows ? ", which goes along whole columns and so needs"
                                                     : ", which compares the objective at several points and so needs",
                       " all rows in every step; leave batch out, or use another optimizer"));
  }

  void CheckClipping() {
    if (spec_.clipping.info() == nullptr) return;
    if (optimizer_->needs_batch) {
      AddAt("clipping", absl::StrCat(name(), " chooses the length of its steps itself; leave it out"));
    } else if (optimizer_->needs_linear_rows) {
      AddAt("clipping", absl::StrCat(name(),
                                     " does not step along the batch's gradient, which is what is clipped; leave it "
                                     "out or use another optimizer"));
    }
  }

  void CheckBounds() {
    const bool leaves_bounds = (optimizer_->needs_batch && !optimizer_->needs_residuals) || optimizer_->has_answer;
    if (!spec_.formula.has_value() || !leaves_bounds) return;
    for (size_t i = 0; i < spec_.formula->parameters.size(); ++i) {
      const FormulaParameter& parameter = spec_.formula->parameters[i];
      if (!parameter.lower.has_value() && !parameter.upper.has_value()) continue;
      AddAt(absl::StrCat("problem.formula.parameters[", i, "]"),
            absl::StrCat("has bounds, and ", name(),
                         " keeps points of its own that they would not hold for; leave the "
                         "bounds out or use another optimizer"));
    }
  }

  void CheckAveraging() {
    if (!optimizer_->has_answer || spec_.averaging.info() == nullptr) return;
    AddAt(FieldPath("averaging", spec_.averaging.name()),
          absl::StrCat(name(), " answers with an average of its own; leave it out"));
  }

  // A schedule that moves the momentum needs one.
  void CheckMomentum() {
    const Config& schedule = spec_.schedule;
    if (schedule.info() == nullptr || schedule.info()->FindField("cycle_momentum") == nullptr) return;
    if (!schedule.boolean("cycle_momentum")) return;
    const std::string field = FieldPath(FieldPath("schedule", schedule.name()), "cycle_momentum");
    if (optimizer_->momentum_field.empty()) {
      std::vector<absl::string_view> moved;
      for (const OptimizerInfo* info : Optimizers()) {
        if (!info->momentum_field.empty()) moved.push_back(info->kind.name);
      }
      AddAt(field, absl::StrCat(name(), " has no momentum that a schedule moves; leave it out or use one of: ",
                                absl::StrJoin(moved, ", ")));
    } else if (spec_.optimizer.number(optimizer_->momentum_field) == 0) {
      AddAt(field, absl::StrCat("moves the momentum, and ", name(), " has none; set ",
                                FieldPath(FieldPath("optimizer", name()), optimizer_->momentum_field),
                                ", for instance to 0.9"));
    }
  }

  void CheckGroups() {
    if (optimizer_->whole_vector && !spec_.parameter_groups.empty()) {
      AddAt("parameter_groups", absl::StrCat(name(),
                                             " updates all parameters by one number, so groups cannot differ; "
                                             "leave them out or use another optimizer"));
    }
    if (optimizer_->kind.FindField("weight_decay") != nullptr) return;
    for (size_t i = 0; i < spec_.parameter_groups.size(); ++i) {
      if (!spec_.parameter_groups[i].has("weight_decay")) continue;
      AddAt(absl::StrCat("parameter_groups[", i, "].weight_decay"),
            absl::StrCat(name(), " has no weight_decay; leave it out or use regularization"));
    }
  }

  // A proximal step follows an update of the parameters that are the answer, of a length that was given.
  void CheckProximal() {
    if (!spec_.dataset.has_value() || (!optimizer_->has_answer && !optimizer_->needs_batch)) return;
    for (const Config& penalty : spec_.dataset->penalties) {
      if (!AskForProximal({&penalty, 1})) continue;
      Add("regularization", penalty.name(), "proximal",
          absl::StrCat(name(),
                       optimizer_->has_answer ? " answers with another point than the one it updates"
                                              : " chooses the length of its steps itself",
                       "; leave it out or use another optimizer"));
    }
  }

  // Which something whose slopes jump does not.
  std::string NeedsCurvature() const {
    return absl::StrCat("does not suit the optimizer ", name(), ": it needs second derivatives; ");
  }

  void CheckFormulaBends() {
    if (!spec_.formula.has_value()) return;
    const Config& loss = spec_.formula->loss;
    const LossInfo* info = FindLoss(loss.name());
    if (info != nullptr && info->has_kinks) {
      AddAt(FieldPath("problem.formula.loss", info->kind.name),
            absl::StrCat("has slopes that jump, which ", NeedsCurvature(), "use a smooth loss, or another optimizer"));
    }
    const absl::StatusOr<Formula> formula = ParseFormula(spec_.formula->expression);
    if (!formula.ok()) return;  // others say so
    const std::optional<size_t> kink = FirstKink(*formula);
    if (!kink.has_value()) return;
    AddAt("problem.formula.expression",
          FormulaMessage(formula->text, formula->tape.ranges[*kink].begin,
                         absl::StrCat("this has slopes that jump, which ", NeedsCurvature(),
                                      "write it smoothly, for instance sqrt(x^2 + 1e-6) for abs(x), or use lbfgs")));
  }

  void CheckModelBends() {
    const std::string needs = NeedsCurvature();
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
    const std::string needs = absl::StrCat("does not suit the optimizer ", name(), ", which is for ");
    if (!TrainsOnData(spec_)) {
      return AddAt(FieldPath("optimizer", name()),
                   absl::StrCat("is for least squares, fits of a model or a formula to data, and ",
                                spec_.function.has_value() ? "a function" : "a formula without a dataset",
                                " has no residuals; use newton_cg, lbfgs or another optimizer"));
    }
    const bool is_formula = spec_.formula.has_value();
    const Config& loss = is_formula ? spec_.formula->loss : spec_.dataset->loss;
    const absl::string_view loss_name = loss.info() != nullptr ? loss.name() : loss_ != nullptr ? loss_->kind.name : "";
    if (!loss_name.empty() && std::count(optimizer_->losses.begin(), optimizer_->losses.end(), loss_name) == 0) {
      AddAt(FieldPath(is_formula ? "problem.formula.loss" : "problem.dataset.loss", loss_name),
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

  void CheckHasRows() {
    if (spec_.dataset.has_value() || !(spec_.function.has_value() || spec_.formula.has_value())) return;
    AddAt(FieldPath("optimizer", name()),
          spec_.function.has_value()
              ? "goes through the rows of a dataset, and a function has none; use another optimizer"
              : "is for linear models, which a formula is not taken for; give the problem as a dataset with a model, "
                "or use another optimizer");
  }

  void CheckLinearRows() {
    if (!model_->is_linear_output) {
      return Add("model", model_->kind.name, "",
                 absl::StrCat("does not suit the optimizer ", name(),
                              ", which is for models with one linear output: linear, logistic; use one of these, or "
                              "another optimizer"));
    }
    const bool fits = optimizer_->losses.empty()
                          ? !loss_->has_kinks
                          : std::count(optimizer_->losses.begin(), optimizer_->losses.end(), loss_->kind.name) > 0;
    if (!fits) {
      Add("loss", loss_->kind.name, "",
          absl::StrCat("does not suit the optimizer ", name(), ", which is for ",
                       optimizer_->losses.empty()
                           ? "smooth losses"
                           : absl::StrCat("the losses ", absl::StrJoin(optimizer_->losses, ", ")),
                       "; use one of these, or another optimizer"));
    } else if (optimizer_->default_rate != nullptr && loss_->most_curvature == 0 &&
               !spec_.optimizer.has("learning_rate")) {
      violations_->Add(FieldPath(path_, FieldPath(FieldPath("optimizer", name()), "learning_rate")),
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
