// What can be said of a spec without its data. Everything that is wrong is said at once.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/suggest.h"
#include "core/functions/function.h"
#include "core/initializers/initializer.h"
#include "core/losses/loss.h"
#include "core/models/model.h"
#include "core/optimizers/optimizer.h"
#include "core/regularizers/regularizer.h"
#include "core/training/class_weights.h"
#include "core/training/formula_problem.h"
#include "core/training/job_spec.h"
#include "core/training/lazy_optimizer.h"
#include "core/training/optimizer_needs.h"

namespace descent::core {
namespace {

constexpr int64_t kMostStarts = 10000;
constexpr size_t kMostLabels = 64;
constexpr size_t kMostGroups = 64;
constexpr size_t kLongestLabelKey = 63;
constexpr size_t kLongestLabelValue = 256;

// Names of the rows of an algorithm table.
template <typename Row>
std::vector<std::string> NamesOf(absl::Span<const Row* const> table) {
  std::vector<std::string> names;
  for (const Row* row : table) names.emplace_back(row->kind.name);
  return names;
}

template <typename Row>
std::string MustNameOne(absl::Span<const Row* const> table) {
  return absl::StrCat("must name exactly one kind: ", absl::StrJoin(NamesOf(table), ", "));
}

// Where each of a spec's configs stands in it. Kinds of a oneof add their name: `optimizer.adam`.
struct Place {
  std::string path;
  const Config* config;
};

std::vector<Place> PlacesOf(const JobSpec& spec) {
  std::vector<Place> places;
  const auto add = [&places](absl::string_view path, const Config& config, bool one_of) {
    if (config.info() == nullptr) return;
    places.push_back({one_of ? FieldPath(path, config.name()) : std::string(path), &config});
  };
  if (spec.dataset.has_value()) {
    add("problem.dataset.model", spec.dataset->model, true);
    add("problem.dataset.loss", spec.dataset->loss, true);
    for (const Config& penalty : spec.dataset->penalties) add("problem.dataset.regularization", penalty, true);
    add("problem.dataset.preprocessing", spec.dataset->preprocessing, false);
  }
  if (spec.formula.has_value()) add("problem.formula.loss", spec.formula->loss, true);
  add("initialization", spec.initializer, true);
  add("optimizer", spec.optimizer, true);
  add("schedule", spec.schedule, true);
  add("schedule.warmup", spec.warmup, false);
  add("schedule.reduce_on_plateau", spec.reduce_on_plateau, false);
  add("clipping", spec.clipping, false);
  add("averaging", spec.averaging, true);
  add("guard", spec.guard, false);
  for (size_t i = 0; i < spec.parameter_groups.size(); ++i) {
    add(absl::StrCat("parameter_groups[", i, "]"), spec.parameter_groups[i], false);
  }
  add("batch", spec.batch, true);
  add("stopping", spec.stopping, false);
  add("stopping.plateau", spec.plateau, false);
  add("stopping.early_stopping", spec.early_stopping, false);
  add("evaluation", spec.evaluation, false);
  add("record", spec.record, false);
  add("execution", spec.execution, false);
  return places;
}

// Checks one spec; every method adds to the violations.
class Checker {
 public:
  Checker(const JobSpec& spec, absl::string_view path, Violations* violations)
      : spec_(spec), path_(path), violations_(violations) {}

  void CheckAll() {
    CheckProblem();
    if (spec_.optimizer.info() == nullptr) AddMissing("optimizer", MustNameOne(Optimizers()));
    for (const Place& place : PlacesOf(spec_)) place.config->Validate(FieldPath(path_, place.path), violations_);
    if (!TrainsOnData(spec_)) CheckFunctionSettings();
    CheckInitializerFits();
    CheckStarts();
    CheckHeldOut();
    CheckRecord();
    CheckLabels();
    CheckGroupCount();
    CheckOptimizerNeeds(spec_, path_, violations_);
    CheckLazyUpdates(spec_, path_, violations_);
    CheckClassWeights(spec_, path_, violations_);
  }

 private:
  void Add(absl::string_view field, absl::string_view description) {
    violations_->Add(FieldPath(path_, field), description);
  }
  void AddMissing(absl::string_view field, absl::string_view description) {
    violations_->AddUnlessKnown(FieldPath(path_, field), description);
  }

  void CheckProblem() {
    if (spec_.dataset.has_value() + spec_.function.has_value() + spec_.formula.has_value() != 1) {
      AddMissing("problem", "must name exactly one kind: dataset, function or formula");
    }
    if (spec_.formula.has_value()) {
      const bool draws = spec_.initializer.info() != nullptr;
      ValidateFormula(*spec_.formula, draws, FieldPath(path_, "problem.formula"), violations_);
    }
    if (spec_.function.has_value()) CheckFunctionName(*spec_.function);
    if (spec_.dataset.has_value()) CheckDataset(*spec_.dataset);
  }

  void CheckFunctionName(const std::string& name) {
    if (name.empty()) return AddMissing("problem.function.name", "is required; the catalog lists the functions");
    if (FindFunction(name) != nullptr) return;
    std::vector<std::string> names;
    for (const FunctionInfo& function : Functions()) names.emplace_back(function.name);
    Add("problem.function.name", absl::StrCat("there is no function \"", name, "\"", Suggestion(name, names)));
  }

  void CheckDataset(const DatasetProblem& problem) {
    if (problem.dataset.empty()) AddMissing("problem.dataset.dataset", "is required");
    const ModelInfo* model = FindModel(problem.model.name());
    if (model == nullptr) return AddMissing("problem.dataset.model", MustNameOne(Models()));
    if (problem.loss.info() != nullptr &&
        std::count(model->losses.begin(), model->losses.end(), problem.loss.name()) == 0) {
      Add("problem.dataset.loss", absl::StrCat(problem.loss.name(), " does not fit the model ", model->kind.name,
                                               "; those that do: ", absl::StrJoin(model->losses, ", ")));
    }
    for (size_t i = 0; i < problem.penalties.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (problem.penalties[i].info() != problem.penalties[j].info()) continue;
        Add(FieldPath("problem.dataset.regularization", problem.penalties[i].name()), "is given twice");
      }
    }
  }

  // A function has no rows: what needs them is refused rather than ignored.
  void CheckFunctionSettings() {
    const auto set = [](const Config& config, absl::string_view field) {
      return config.info() != nullptr && config.has(field);
    };
    if (spec_.batch.info() != nullptr && spec_.batch.name() != "full") {
      Add(FieldPath("batch", spec_.batch.name()), "a function has no rows to take batches of; leave it out");
    }
    if (set(spec_.stopping, "max_epochs")) {
      Add("stopping.max_epochs", "a function has no epochs; use max_steps");
    }
    if (set(spec_.evaluation, "held_out_fraction") && spec_.evaluation.number("held_out_fraction") > 0) {
      Add("evaluation.held_out_fraction", "a function has no rows to hold out; leave it out");
    }
    if (HasText(spec_.evaluation, "dataset")) {
      Add("evaluation.dataset", "a function is not measured on data; leave it out");
    }
    for (const Place& place : PlacesOf(spec_)) {
      for (size_t i = 0; i < place.config->values().size(); ++i) {
        if (!place.config->values()[i].in_epochs) continue;
        Add(absl::StrCat(place.path, ".", place.config->info()->fields[i].name, ".epochs"),
            "a function has no epochs; use steps");
      }
    }
  }

  void CheckInitializerFits() {
    const InitializerInfo* initializer = FindInitializer(spec_.initializer.name());
    if (spec_.dataset.has_value() || initializer == nullptr || initializer->for_functions) return;
    Add(FieldPath("initialization", initializer->kind.name),
        absl::StrCat("needs layers, which a ", spec_.formula.has_value() ? "formula" : "function",
                     " does not have; use uniform, normal or given"));
  }

  void CheckStarts() {
    if (!spec_.starts.has_value()) return;
    if (*spec_.starts < 1 || *spec_.starts > kMostStarts) {
      return Add("initialization.starts",
                 absl::StrCat("must be a whole number in [1, ", kMostStarts, "], was ", *spec_.starts));
    }
    if (*spec_.starts == 1) return;
    absl::string_view name = spec_.initializer.name();
    if (name.empty() && spec_.dataset.has_value()) {
      const ModelInfo* model = FindModel(spec_.dataset->model.name());
      if (model != nullptr) name = model->default_initializer;
    }
    const InitializerInfo* initializer = FindInitializer(name);
    if (initializer != nullptr && initializer->draws) return;
    std::vector<absl::string_view> drawing;
    for (const InitializerInfo* candidate : Initializers()) {
      if (!candidate->draws || (!spec_.dataset.has_value() && !candidate->for_functions)) continue;
      drawing.push_back(candidate->kind.name);
    }
    Add("initialization.starts",
        absl::StrCat("several starts need an initializer that draws (", absl::StrJoin(drawing, ", "), "), was ",
                     !name.empty()               ? name
                     : spec_.formula.has_value() ? "the parameters' start values"
                                                 : "the function's standard start"));
  }

  void CheckHeldOut() {
    const Config& evaluation = spec_.evaluation;
    const bool fraction = evaluation.info() != nullptr && evaluation.number("held_out_fraction") > 0;
    const bool dataset = HasText(evaluation, "dataset");
    if (fraction && dataset) {
      Add("evaluation.dataset", "cannot be combined with held_out_fraction; give one of the two");
    }
    if (HasText(evaluation, "dataset_version") && !dataset) {
      Add("evaluation.dataset_version", "pins a dataset, but evaluation.dataset is not set");
    }
    if (spec_.early_stopping.info() != nullptr && !fraction && !dataset) {
      Add("stopping.early_stopping",
          !TrainsOnData(spec_) ? "needs held-out data, which a function does not have; use plateau"
                               : "needs held-out data: set evaluation.held_out_fraction or evaluation.dataset");
    }
  }

  void CheckRecord() {
    const Config& record = spec_.record;
    if (record.info() == nullptr || !record.has("parameters_every_steps")) return;
    const int64_t every = record.integer("every_steps");
    const int64_t parameters_every = record.integer("parameters_every_steps");
    if (every >= 1 && parameters_every > 0 && parameters_every % every != 0) {
      Add("record.parameters_every_steps",
          absl::StrCat("must be a multiple of every_steps (", every, ") or 0, was ", parameters_every));
    }
  }

  void CheckGroupCount() {
    if (spec_.parameter_groups.size() <= kMostGroups) return;
    Add("parameter_groups",
        absl::StrCat("has ", spec_.parameter_groups.size(), " entries, at most ", kMostGroups, " are allowed"));
  }

  void CheckLabels() {
    if (spec_.labels.size() > kMostLabels) {
      Add("labels", absl::StrCat("has ", spec_.labels.size(), " entries, at most ", kMostLabels, " are allowed"));
    }
    for (const auto& [key, value] : spec_.labels) {
      const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
      };
      const std::string field = absl::StrCat("labels[\"", key.substr(0, kLongestLabelKey), "\"]");
      if (key.empty() || key.size() > kLongestLabelKey || key[0] < 'a' || key[0] > 'z' ||
          !std::all_of(key.begin(), key.end(), allowed)) {
        Add(field, "a key must match [a-z][a-z0-9_-]{0,62}");
      }
      if (value.size() > kLongestLabelValue) {
        Add(field, absl::StrCat("a value may have ", kLongestLabelValue, " bytes, was ", value.size()));
      }
    }
  }

  static bool HasText(const Config& config, absl::string_view field) {
    return config.info() != nullptr && !config.text(field).empty();
  }

  const JobSpec& spec_;
  const absl::string_view path_;
  Violations* violations_;
};

}  // namespace

void ValidateSpec(const JobSpec& spec, absl::string_view path, Violations* violations) {
  Checker(spec, path, violations).CheckAll();
}

}  // namespace descent::core
