#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "core/initializers/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    NumberList("values", "All values in the order of the parameter layout, as many as it has.", Default::kRequired,
               AnyFinite(), int64_t{1} << 26),
};

void Fill(const Config& config, const FillContext& context, absl::Span<double> out) {
  const std::vector<double>& values = config.numbers("values");
  if (values.size() < static_cast<size_t>(context.tensor.offset) + out.size()) std::abort();
  std::copy_n(values.begin() + context.tensor.offset, out.size(), out.begin());
}

}  // namespace

const constinit InitializerInfo kGivenInitializer = {
    .kind = {.name = "given",
             .summary = "Values that the client gives, such as those of an earlier job.",
             .formula = "values",
             .reference = "Warm starts: Nocedal and Wright, \"Numerical Optimization\", section 2.2",
             .fields = kFields},
    .draws = false,
    .for_functions = true,
    .fill = Fill};

}  // namespace descent::core
