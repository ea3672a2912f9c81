#include "core/training/non_finite.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/format.h"
#include "core/training/gradient_norm.h"

namespace descent::core {

template <typename T>
std::optional<Termination> FindNonFinite(const Row& row, absl::Span<const T> gradient,
                                         absl::Span<const int64_t> support, const ParameterLayout& layout) {
  if (std::isfinite(row.loss) && std::isfinite(row.gradient_norm)) return std::nullopt;
  NonFinite found{.tensor = "loss", .index = 0, .step = row.step, .value = row.loss};
  if (std::isfinite(row.loss)) {
    const int64_t value = FindNonFiniteValue<T>(gradient);
    if (value < 0) return std::nullopt;  // only the norm is beyond the largest double
    const int64_t place = support.empty() ? value : support[static_cast<size_t>(value)];
    const auto tensor = std::find_if(layout.tensors.begin(), layout.tensors.end(),
                                     [place](const TensorInfo& info) { return place < info.offset + info.size(); });
    found.tensor = tensor->name;
    found.index = place - tensor->offset;
    found.value = static_cast<double>(gradient[static_cast<size_t>(value)]);
  }
  const int64_t kept_step = std::max<int64_t>(0, row.step - 1);
  const std::string what =
      found.tensor == "loss" ? "The loss" : absl::StrCat("The gradient of ", found.tensor, "[", found.index, "]");
  return Termination{.reason = TerminationReason::kNonFinite,
                     .message = absl::StrCat(what, " is ", ShortestText(found.value), " at step ", row.step,
                                             "; the parameters of step ", kept_step,
                                             " are kept; a smaller learning rate or scaled features may help."),
                     .step = row.step,
                     .loss = row.loss,
                     .objective = row.objective,
                     .gradient_norm = row.gradient_norm,
                     .kept_step = kept_step,
                     .non_finite = std::move(found),
                     .duality_gap = std::nullopt,
                     .diagnosis = std::nullopt};
}

template std::optional<Termination> FindNonFinite(const Row&, absl::Span<const float>, absl::Span<const int64_t>,
                                                  const ParameterLayout&);
template std::optional<Termination> FindNonFinite(const Row&, absl::Span<const double>, absl::Span<const int64_t>,
                                                  const ParameterLayout&);

}  // namespace descent::core
