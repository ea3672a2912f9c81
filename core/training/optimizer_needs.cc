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

}  // namespace descent::core
