#include "core/training/start.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/initializers/initializer.h"

namespace descent::core {

template <typename T>
std::optional<MultiStart> ChooseStart(const JobSpec& spec, Objective<T>* objective, AlignedVector<T>* parameters) {
  const ParameterLayout& layout = objective->layout();
  std::vector<double> values(static_cast<size_t>(layout.size));
  AlignedVector<T> candidate(values.size());
  const auto draw = [&](int64_t start) {
    Initialize(spec.initializer, layout, {.seed = *spec.seed, .start = static_cast<uint64_t>(start)},
               objective->default_gain(), absl::MakeSpan(values));
    std::copy(values.begin(), values.end(), candidate.begin());
    objective->Project(absl::MakeSpan(candidate));
  };
  draw(0);
  *parameters = candidate;
  if (*spec.starts == 1) return std::nullopt;
  MultiStart compared;
  double least = std::numeric_limits<double>::infinity();
  for (int64_t start = 0; start < *spec.starts; ++start) {
    draw(start);
    const double value = objective->MeasureAll(candidate).objective;
    compared.objectives.push_back(value);
    if (!(value < least)) continue;
    least = value;
    compared.chosen = start;
    *parameters = candidate;
  }
  return compared;
}

template std::optional<MultiStart> ChooseStart(const JobSpec&, Objective<float>*, AlignedVector<float>*);
template std::optional<MultiStart> ChooseStart(const JobSpec&, Objective<double>*, AlignedVector<double>*);

}  // namespace descent::core
