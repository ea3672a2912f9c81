// Truncated Newton steps with exact second derivatives, see the formula in kNewtonCg below.
#include <algorithm>
#include <cmath>
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

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Share of the Newton step that a search tries first.", 1, Positive()),
    Integer("max_cg_iterations", "Products with the Hessian that a direction may take.", 100, Closed(1, 100000)),
    Number("cg_tolerance", "Largest share of the gradient that a direction may leave unsolved.", 0.01,
           {0, 1, true, true}),
    Number("c1", "Share of the fall that the slope promises which is enough.", 1e-4, OpenClosed(0, 0.5)),
    Integer("max_evaluations", "Points that a search may measure.", 25, Closed(1, 1000)),
};

LineSearchRules RulesFrom(const Config& config) {
  LineSearchRules rules;
  rules.c1 = config.number("c1");
  rules.max_evaluations = config.integer("max_evaluations");
  return rules;
}

// to += factor * from.
template <typename T>
void Add(double factor, const AlignedVector<T>& from, absl::Span<T> to) {
  const T times = static_cast<T>(factor);
  const T* __restrict a = from.data();
  T* __restrict b = to.data();
  const size_t size = to.size();
  for (size_t i = 0; i < size; ++i) b[i] += times * a[i];
}

template <typename T>
class NewtonCg final : public Optimizer<T> {
 public:
  NewtonCg(const Config& config, const ParameterLayout& layout)
      : max_iterations_(config.integer("max_cg_iterations")),
        tolerance_(config.number("cg_tolerance")),
        rules_(RulesFrom(config)),
        ray_(static_cast<size_t>(layout.size)),
        residual_(static_cast<size_t>(layout.size)),
        conjugate_(static_cast<size_t>(layout.size)),
        product_(static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    PointAlongNewton(update, parameters);
    double slope = Dot<T>(update.gradient, ray_.direction());
    if (!(slope < 0) || !std::isfinite(slope)) slope = ray_.PointDownhill(update.gradient);
    if (!(slope < 0) || !(update.learning_rate > 0)) return;
    const LineSearchResult result = ray_.Search(SearchArmijo, update, parameters, slope, update.learning_rate, rules_);
    if (result.point.step == 0) return;
    std::copy(ray_.point().begin(), ray_.point().end(), parameters.begin());
  }

  std::vector<absl::Span<T>> State() override { return {}; }

 private:
  // Conjugate gradients for H p = -g from p = 0, where residual = H p + g.
  void PointAlongNewton(const Update<T>& update, absl::Span<const T> parameters) {
    const absl::Span<T> direction = ray_.direction();
    std::fill(direction.begin(), direction.end(), T{0});
    std::copy(update.gradient.begin(), update.gradient.end(), residual_.begin());
    for (size_t i = 0; i < conjugate_.size(); ++i) conjugate_[i] = -residual_[i];
    double square = Dot<T>(residual_, residual_);
    const double length = std::sqrt(square);
    const double enough = std::min(tolerance_, std::sqrt(length)) * length;
    for (int64_t iteration = 0; iteration < max_iterations_; ++iteration) {
      const bool bends = update.batch->MultiplyByHessian(parameters, conjugate_, absl::MakeSpan(product_));
      const double curvature = bends ? Dot<T>(conjugate_, product_) : 0;
      if (!(curvature > 0)) {
        if (iteration == 0) ray_.PointDownhill(update.gradient);
        return;
      }
      const double step = square / curvature;
      Add(step, conjugate_, direction);
      Add(step, product_, absl::MakeSpan(residual_));
      const double before = square;
      square = Dot<T>(residual_, residual_);
      if (!(std::sqrt(square) > enough)) return;
      const T kept = static_cast<T>(square / before);
      for (size_t i = 0; i < conjugate_.size(); ++i) conjugate_[i] = kept * conjugate_[i] - residual_[i];
    }
  }

  const int64_t max_iterations_;
  const double tolerance_;
  const LineSearchRules rules_;
  // Scratch.
  Ray<T> ray_;
  AlignedVector<T> residual_;
  AlignedVector<T> conjugate_;
  AlignedVector<T> product_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<NewtonCg<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kNewtonCg = {
    .kind = {.name = "newton_cg",
             .summary = "Newton's method with exact second derivatives, its system solved by conjugate gradients no "
                        "further than pays off: for smooth problems that fit one batch.",
             .formula =
                 "x += a*p, where H p = -g is solved by conjugate gradients from 0 until norm(H p + g) <= "
                 "min(cg_tolerance, sqrt(norm(g)))*norm(g), max_cg_iterations, or a direction d with d'H d <= 0, the "
                 "first of which gives p = -g; a, with f(a) <= f(0) + c1*a*f'(0), is found from rate as in "
                 "line_search_descent's armijo; where none is found, the best point measured, or no step. A "
                 "cg_tolerance of 0.5, that of the book, takes fewer products a step and many more steps in narrow "
                 "valleys",
             .reference = "Dembo, Eisenstat and Steihaug, \"Inexact Newton methods\", SIAM Journal on Numerical "
                          "Analysis 19, 1982; Nocedal and Wright, \"Numerical Optimization\", 2nd edition, 2006, "
                          "algorithm 7.1",
             .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .whole_vector = true,
    .needs_batch = true,
    .needs_curvature = true};

}  // namespace descent::core
