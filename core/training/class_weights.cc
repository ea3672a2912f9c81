#include "core/training/class_weights.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/format.h"
#include "core/base/suggest.h"
#include "core/losses/loss.h"

namespace descent::core {
namespace {

constexpr absl::string_view kField = "problem.dataset.class_weights";

std::vector<double> Balanced(const FeatureEncoder& encoder, const Table& table, absl::Span<const int64_t> rows) {
  std::vector<double> weights(encoder.classes().size(), 0);
  const absl::StatusOr<std::vector<double>> targets = encoder.EncodeClasses(table, rows);
  if (!targets.ok()) return {};  // which is refused elsewhere
  for (const double target : *targets) ++weights[static_cast<size_t>(target)];
  const double even = static_cast<double>(targets->size()) / static_cast<double>(weights.size());
  // A class without rows has nothing to weigh.
  for (double& weight : weights) weight = weight > 0 ? even / weight : 1;
  return weights;
}

}  // namespace

void CheckClassWeights(const JobSpec& spec, absl::string_view path, Violations* violations) {
  if (!spec.dataset.has_value() || !spec.dataset->class_weights.has_value()) return;
  const ClassWeights& given = *spec.dataset->class_weights;
  const auto add = [&](const std::string& field, const std::string& what) {
    violations->Add(FieldPath(path, absl::StrCat(kField, field)), what);
  };
  const LossInfo* loss = LossOf(*spec.dataset);
  if (loss != nullptr && loss->task == Task::kRegression) {
    add("", absl::StrCat("is for classes, and the loss ", loss->kind.name,
                         " has none; leave it out, or give a column of the dataset the role \"weight\""));
  }
  if (given.balanced != given.weights.empty()) {
    add("", "must have either balanced: true or weights of classes");
  }
  for (const auto& [name, weight] : given.weights) {
    if (weight >= 0 && std::isfinite(weight)) continue;
    add(absl::StrCat(".weights[\"", name.substr(0, 100), "\"]"),
        absl::StrCat("must be finite and 0 or more, was ", ShortestText(weight)));
  }
}

std::vector<double> WeightsOfClasses(const ClassWeights& given, const FeatureEncoder& encoder, const Table& table,
                                     absl::Span<const int64_t> rows, absl::string_view path, Violations* violations) {
  if (given.balanced) return Balanced(encoder, table, rows);
  const std::vector<std::string>& classes = encoder.classes();
  std::vector<double> weights(classes.size(), 1);
  for (const auto& [name, weight] : given.weights) {
    const auto found = std::find(classes.begin(), classes.end(), name);
    if (found == classes.end()) {
      violations->Add(
          FieldPath(path, absl::StrCat(kField, ".weights[\"", name.substr(0, 100), "\"]")),
          absl::StrCat("is no class of the target \"", encoder.target_names()[0], "\"", Suggestion(name, classes)));
    } else {
      weights[static_cast<size_t>(found - classes.begin())] = weight;
    }
  }
  if (*std::max_element(weights.begin(), weights.end()) == 0) {
    violations->Add(FieldPath(path, absl::StrCat(kField, ".weights")), "is 0 for every class; some class must count");
  }
  return weights;
}

absl::StatusOr<std::vector<double>> OverTheirMean(std::vector<double> weights) {
  const double largest = *std::max_element(weights.begin(), weights.end());
  if (largest == 0) {
    return MakeError(ErrorReason::kInvalidData,
                     absl::StrCat("the weights of ", weights.size(), weights.size() == 1 ? " row" : " rows",
                                  " are all 0, class weights included; some row must count"),
                     {{"problem_count", "1"}});
  }
  // Over the largest first, so that no sum leaves the range of doubles.
  double sum = 0;
  for (double& weight : weights) {
    weight /= largest;
    sum += weight;
  }
  for (double& weight : weights) weight *= static_cast<double>(weights.size()) / sum;
  return weights;
}

}  // namespace descent::core
