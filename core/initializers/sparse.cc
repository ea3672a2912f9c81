#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/initializers/kinds.h"
#include "core/initializers/scaled.h"

namespace descent::core {
namespace {

constexpr absl::string_view kGroups[] = {"unit", "input"};
enum class Group { kUnit, kInput };

constexpr FieldInfo kFields[] = {
    Number("sparsity", "Part of the weights that is zero in each group, rounded up to whole weights.", 0.9,
           Closed(0, 1)),
    Choice(
        "group",
        "Which weights form a group: those that enter a unit (a row of a weight [out, in]), as in Martens's paper, or "
        "those that leave an input (a column), as in torch.nn.init.sparse_.",
        0, kGroups),
    Number("standard_deviation", "Standard deviation of the others.", 0.01, Positive(), "parameter units"),
};

// Sets as many weights of a group to zero as asked: those with the least of random numbers. The group's weights are at
// first, first + stride ...
void Thin(const RandomStream& draws, size_t first, size_t stride, size_t size, size_t zeros, absl::Span<double> out) {
  std::vector<std::pair<uint64_t, size_t>> order(size);
  for (size_t i = 0; i < size; ++i) {
    const size_t index = first + i * stride;
    order[i] = {draws.Bits(index), index};
  }
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(zeros);
  if (zeros < size) std::nth_element(order.begin(), end, order.end());
  for (auto it = order.begin(); it != end; ++it) out[it->second] = 0;
}

void Fill(const Config& config, const FillContext& context, absl::Span<double> out) {
  FillScaled(Distribution::kNormal, config.number("standard_deviation"), context, out);
  if (context.tensor.role == TensorRole::kBias) return;
  const Fans fans = FansOf(context.tensor);
  const auto rows = static_cast<size_t>(fans.out);
  const auto columns = static_cast<size_t>(fans.in);
  const bool by_unit = static_cast<Group>(config.choice("group")) == Group::kUnit;
  const size_t size = by_unit ? columns : rows;
  const auto zeros = static_cast<size_t>(std::ceil(config.number("sparsity") * static_cast<double>(size)));
  const RandomStream draws(context.key.seed, absl::StrCat("initialize/", context.tensor.name, "/zeros"),
                           context.key.start);
  for (size_t group = 0; group < (by_unit ? rows : columns); ++group) {
    Thin(draws, by_unit ? group * columns : group, by_unit ? 1 : columns, size, zeros, out);
  }
}

}  // namespace

const constinit InitializerInfo kSparseInitializer = {
    .kind = {.name = "sparse",
             .summary = "Each unit is connected to few inputs, by normal draws; the other weights and biases are zero.",
             .formula = "ceil(sparsity*n) of the n weights of each group, at random, are 0; the others normal(0, "
                        "standard_deviation^2)",
             .reference = "Martens, \"Deep learning via Hessian-free optimization\", ICML 2010, section 5; "
                          "torch.nn.init.sparse_",
             .fields = kFields},
    .draws = true,
    .for_functions = false,
    .fill = Fill};

}  // namespace descent::core
