#include "core/training/objective.h"

#include <memory>

namespace descent::core {

template <typename T>
absl::StatusOr<std::unique_ptr<Objective<T>>> MakeObjective(const JobSpec& spec, const TrainingData& data, Team* team) {
  if (spec.function.has_value()) return MakeFunctionObjective<T>(*spec.function);
  return TrainsOnData(spec) ? MakeDatasetObjective<T>(spec, data, team) : MakeFormulaObjective<T>(spec);
}

template absl::StatusOr<std::unique_ptr<Objective<float>>> MakeObjective(const JobSpec& spec, const TrainingData& data,
                                                                         Team* team);
template absl::StatusOr<std::unique_ptr<Objective<double>>> MakeObjective(const JobSpec& spec, const TrainingData& data,
                                                                          Team* team);

}  // namespace descent::core
