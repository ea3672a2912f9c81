#include <algorithm>

#include "core/initializers/kinds.h"

namespace descent::core {
namespace {

void Fill(const Config& /*config*/, const FillContext& /*context*/, absl::Span<double> out) {
  std::fill(out.begin(), out.end(), 0.0);
}

}  // namespace

const constinit InitializerInfo kZerosInitializer = {
    .kind = {.name = "zeros",
             .summary = "All zero: the usual start of a convex problem.",
             .formula = "0",
             .reference = "Hastie, Tibshirani and Friedman, \"The Elements of Statistical Learning\", section 4.4.1",
             .fields = {}},
    .draws = false,
    .for_functions = true,
    .fill = Fill};

}  // namespace descent::core
