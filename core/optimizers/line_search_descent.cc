// Steepest descent with a line search, see kLineSearchDescent below.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/line_search.h"
#include "core/optimizers/optimizer.h"
#include "core/optimizers/ray.h"

namespace descent::core {
namespace {

constexpr absl::string_view kSearches[] = {"armijo", "strong_wolfe"};
constexpr int kStrongWolfe = 1;

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "First step size that is tried.", 1, Positive(), "parameter units per gradient unit"),
    Choice("search",
           "How a step is found: shortened until the objective falls enough (armijo), or also lengthened until the "
           "slope is small enough (strong_wolfe).",
           0, kSearches),
    Number("c1", "Share of the fall that the slope promises which is enough.", 1e-4, OpenClosed(0, 0.5)),
    Number("c2", "Share of the slope that may remain, for strong_wolfe; must be above c1.", 0.9, {0, 1, true, true}),
    Integer("max_evaluations", "Points that a search may measure.", 25, Closed(1, 1000)),
};

template <typename T>
class LineSearchDescent final : public Optimizer<T> {
 public:
  LineSearchDescent(const Config& config, const ParameterLayout& layout)
      : search_(config.choice("search") == kStrongWolfe ? SearchStrongWolfe : SearchArmijo),
        rules_(RulesOf(config)),
        ray_(static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const double slope = ray_.PointDownhill(update.gradient);
    if (!(slope < 0) || !(update.learning_rate > 0)) return;
    const LineSearchResult result = ray_.Search(search_, update, parameters, slope, update.learning_rate, rules_);
    if (result.point.step == 0) return;
    std::copy(ray_.point().begin(), ray_.point().end(), parameters.begin());
  }

  std::vector<absl::Span<T>> State() override { return {}; }

 private:
  decltype(SearchArmijo)* const search_;
  const LineSearchRules rules_;
  Ray<T> ray_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<LineSearchDescent<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kLineSearchDescent = {
    .kind = {.name = "line_search_descent",
             .summary = "Gradient descent that finds each step's size by measuring the batch at further points.",
             .formula =
                 "x -= a*g; armijo: a is rate, and as long as f(a) > f(0) - c1*a*norm(g)^2 the minimum of the parabola "
                 "with f(0), f'(0) and f(a), kept in [a/10, a/2]; strong_wolfe: also |f'(a)| <= c2*norm(g)^2, where a "
                 "step that is too short is lengthened to the minimum of the cubic of the last two, kept in [2a, 10a], "
                 "and an interval that holds such a step is cut at its cubic's minimum, a tenth of it or more from its "
                 "ends, or halved where the last cut left more than 0.66 of it; where values differ by less than "
                 "epsilon^(3/4)*|f(0)|, epsilon the precision's, slopes decide: f'(a) <= (1 - 2*c1)*norm(g)^2, and the "
                 "minima are those of parabolas through slopes; where no a is found, the "
                 "best point measured, or no step",
             .reference = "Nocedal and Wright, \"Numerical Optimization\", 2nd edition, 2006, algorithms 3.1, 3.5, 3.6",
             .fields = kFields,
             .check = CheckRules},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .whole_vector = true,
    .needs_batch = true};

}  // namespace descent::core
