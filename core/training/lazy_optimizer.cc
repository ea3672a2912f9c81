#include "core/training/lazy_optimizer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/models/model.h"

namespace descent::core {
namespace {

std::string ElementwiseKinds() {
  std::vector<absl::string_view> names;
  for (const OptimizerInfo* info : Optimizers()) {
    if (info->elementwise) names.push_back(info->kind.name);
  }
  return absl::StrJoin(names, ", ");
}

// Fields that stand in the way, and why.
std::vector<std::pair<std::string, std::string>> Obstacles(const JobSpec& spec) {
  std::vector<std::pair<std::string, std::string>> found;
  const auto add = [&found](std::string field, std::string why) {
    found.emplace_back(std::move(field), std::move(why));
  };
  if (!spec.dataset.has_value()) {
    add("lazy_updates", "is for models of sparse datasets; leave it out");
    return found;
  }
  const OptimizerInfo* optimizer = FindOptimizer(spec.optimizer.name());
  if (optimizer != nullptr && !optimizer->elementwise) {
    add(FieldPath("optimizer", optimizer->kind.name),
        absl::StrCat("cannot leave parameters out of a step, as lazy_updates asks; use one of ", ElementwiseKinds()));
  }
  const ModelInfo* model = FindModel(spec.dataset->model.name());
  if (model != nullptr && !model->has_sparse_gradient) {
    add(FieldPath("problem.dataset.model", model->kind.name),
        "has parameters that every row moves, so that lazy_updates spares nothing; leave that out, or use a linear, "
        "logistic or softmax model");
  }
  if (!spec.dataset->penalties.empty()) {
    add(FieldPath("problem.dataset.regularization", spec.dataset->penalties[0].name()),
        "reaches every parameter in every step, and lazy_updates does not; leave one of them out, or use the l1 and l2 "
        "of the optimizer ftrl");
  }
  if (spec.averaging.info() != nullptr) {
    add(FieldPath("averaging", spec.averaging.name()),
        "takes in every parameter, and lazy_updates does not; leave one of them out");
  }
  if (!spec.parameter_groups.empty()) {
    add("parameter_groups", "cannot be combined with lazy_updates; leave one of them out");
  }
  return found;
}

}  // namespace

void CheckLazyUpdates(const JobSpec& spec, absl::string_view path, Violations* violations) {
  if (!spec.lazy_updates.value_or(false)) return;
  for (const auto& [field, why] : Obstacles(spec)) violations->Add(FieldPath(path, field), why);
}

bool LazyUpdatesChangeNothing(const JobSpec& spec) {
  const OptimizerInfo* optimizer = FindOptimizer(spec.optimizer.name());
  if (optimizer->rests_at_zero_gradient == nullptr || !Obstacles(spec).empty()) return false;
  const bool constant_rate = spec.schedule.name() == "constant" && spec.warmup.info() == nullptr &&
                             spec.reduce_on_plateau.info() == nullptr && spec.guard.info() == nullptr;
  return optimizer->rests_at_zero_gradient(spec.optimizer, constant_rate, spec.initializer.name() == "zeros");
}

template <typename T>
LazyOptimizer<T>::LazyOptimizer(const Config& config, const ParameterLayout& layout) : config_(config) {
  Reserve(1);
  for (const absl::Span<T> array : arrays_) state_.emplace_back(static_cast<size_t>(layout.size), array[0]);
}

template <typename T>
void LazyOptimizer<T>::Reserve(size_t parameters) {
  if (parameters <= parameters_.size()) return;
  const size_t size = std::max(parameters, 2 * parameters_.size());
  parameters_.resize(size);
  ParameterLayout layout;
  layout.Add("parameters", {static_cast<int64_t>(size)}, TensorRole::kWeight);
  optimizer_ = MakeOptimizer<T>(config_, layout);
  arrays_ = optimizer_->State();
}

template <typename T>
void LazyOptimizer<T>::Step(const Update<T>& update, absl::Span<T> parameters) {
  const absl::Span<const int64_t> support = update.support;
  Reserve(support.size());
  const auto gather = [support](absl::Span<const T> all, absl::Span<T> chosen) {
    for (size_t k = 0; k < support.size(); ++k) chosen[k] = all[static_cast<size_t>(support[k])];
  };
  const auto scatter = [support](absl::Span<const T> chosen, absl::Span<T> all) {
    for (size_t k = 0; k < support.size(); ++k) all[static_cast<size_t>(support[k])] = chosen[k];
  };
  gather(parameters, absl::MakeSpan(parameters_));
  for (size_t i = 0; i < state_.size(); ++i) gather(state_[i], arrays_[i]);
  Update<T> own = update;
  own.support = {};
  optimizer_->Step(own, absl::MakeSpan(parameters_).first(support.size()));
  for (size_t i = 0; i < state_.size(); ++i) scatter(arrays_[i], absl::MakeSpan(state_[i]));
  scatter(parameters_, parameters);
}

template <typename T>
std::vector<absl::Span<T>> LazyOptimizer<T>::State() {
  std::vector<absl::Span<T>> state;
  for (AlignedVector<T>& array : state_) state.push_back(absl::MakeSpan(array));
  return state;
}

void MovedParameters::Set(absl::Span<const int64_t> parameters) {
  all_ = false;
  list_.assign(parameters.begin(), parameters.end());
}

template <typename T>
void MovedParameters::CopyListed(absl::Span<const T> from, absl::Span<T> to) const {
  for (const int64_t parameter : list_) to[static_cast<size_t>(parameter)] = from[static_cast<size_t>(parameter)];
}

template void MovedParameters::CopyListed(absl::Span<const float>, absl::Span<float>) const;
template void MovedParameters::CopyListed(absl::Span<const double>, absl::Span<double>) const;
template class LazyOptimizer<float>;
template class LazyOptimizer<double>;

}  // namespace descent::core
