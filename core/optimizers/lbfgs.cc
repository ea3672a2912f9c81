// L-BFGS with a strong Wolfe line search, see the formula in kLbfgs below.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/line_search.h"
#include "core/optimizers/optimizer.h"
#include "core/optimizers/ordered_sum.h"
#include "core/optimizers/ray.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Step size that a search tries first, once there is a pair.", 1, Positive()),
    Integer("memory", "Pairs of a step and its change of the gradient that are kept.", 10, Closed(1, 100)),
    Number("c1", "Share of the fall that the slope promises which is enough.", 1e-4, OpenClosed(0, 0.5)),
    Number("c2", "Share of the slope that may remain; must be above c1.", 0.9, {0, 1, true, true}),
    Integer("max_evaluations", "Points that a search may measure.", 25, Closed(1, 1000)),
};

// y's of a pair, relative to the lengths of both, must exceed this: otherwise the curvature is noise.
constexpr double kLeastCurvature = 1e-10;

template <typename T>
class Lbfgs final : public Optimizer<T> {
 public:
  Lbfgs(const Config& config, const ParameterLayout& layout)
      : size_(static_cast<size_t>(layout.size)),
        memory_(static_cast<size_t>(config.integer("memory"))),
        rules_(RulesOf(config)),
        steps_(memory_ * size_),
        changes_(memory_ * size_),
        numbers_(kFirstProduct + memory_),
        ray_(size_),
        weights_(memory_) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    double slope = PointAlongNewton(update.gradient);
    if (!(slope < 0) || !std::isfinite(slope)) {
      Forget();
      slope = ray_.PointDownhill(update.gradient);
    }
    const double first_step = update.learning_rate * (count() == 0 ? FirstLength(update.gradient) : 1);
    if (!(slope < 0) || !(first_step > 0)) return;
    const LineSearchResult result = ray_.Search(SearchStrongWolfe, update, parameters, slope, first_step, rules_);
    // The model that led here is wrong, or rounding leaves nothing to find: start anew from the best there is.
    if (!result.accepted) Forget();
    if (result.point.step == 0) return;
    if (result.accepted) Remember(parameters, update.gradient);
    std::copy(ray_.point().begin(), ray_.point().end(), parameters.begin());
  }

  std::vector<absl::Span<T>> State() override { return {absl::MakeSpan(steps_), absl::MakeSpan(changes_)}; }
  std::vector<absl::Span<double>> Numbers() override { return {absl::MakeSpan(numbers_)}; }

 private:
  // Of numbers_: pairs kept, the place of the next one, and y's of each place.
  static constexpr size_t kFirstProduct = 2;
  // Whatever was restored, they name places that are there.
  size_t count() const { return std::min(static_cast<size_t>(numbers_[0]), memory_); }
  size_t next() const { return static_cast<size_t>(numbers_[1]) % memory_; }
  double& product(size_t place) { return numbers_[kFirstProduct + place]; }

  absl::Span<T> step(size_t place) { return absl::MakeSpan(steps_).subspan(place * size_, size_); }
  absl::Span<T> change(size_t place) { return absl::MakeSpan(changes_).subspan(place * size_, size_); }
  // Of the pair before the last `age` ones.
  size_t place(size_t age) const { return (next() + memory_ - 1 - age) % memory_; }

  // No longer than the gradient is and 1 in sum: without a pair nothing is known of the scale.
  static double FirstLength(absl::Span<const T> gradient) {
    const double length = OrderedSum(gradient.size(), [&](size_t i) { return std::abs(gradient[i]); });
    return length > 1 ? 1 / length : 1;
  }

  static void Add(double factor, absl::Span<const T> from, absl::Span<T> to) {
    const T times = static_cast<T>(factor);
    const T* __restrict a = from.data();
    T* __restrict b = to.data();
    const size_t size = to.size();
    for (size_t i = 0; i < size; ++i) b[i] += times * a[i];
  }

  // The two-loop recursion: points the ray along -H g and gives its slope.
  double PointAlongNewton(absl::Span<const T> gradient) {
    const double downhill = ray_.PointDownhill(gradient);
    if (count() == 0) return downhill;
    const absl::Span<T> q = ray_.direction();
    for (size_t age = 0; age < count(); ++age) {
      const size_t at = place(age);
      weights_[age] = Dot<T>(step(at), q) / product(at);
      Add(-weights_[age], change(at), q);
    }
    const size_t newest = place(0);
    const T scale = static_cast<T>(product(newest) / Dot<T>(change(newest), change(newest)));
    for (T& value : q) value *= scale;
    for (size_t age = count(); age-- > 0;) {
      const size_t at = place(age);
      Add(weights_[age] - Dot<T>(change(at), q) / product(at), step(at), q);
    }
    return Dot<T>(gradient, q);
  }

  void Forget() { std::fill(numbers_.begin(), numbers_.end(), 0); }

  // The pair of the step from `parameters` to the ray's point.
  void Remember(absl::Span<const T> parameters, absl::Span<const T> gradient) {
    const T* __restrict x = parameters.data();
    const T* __restrict g = gradient.data();
    const T* __restrict new_x = ray_.point().data();
    const T* __restrict new_g = ray_.gradient().data();
    const auto sum_of = [this](auto term) { return OrderedSum(size_, term); };
    const auto step_at = [=](size_t i) { return static_cast<double>(new_x[i] - x[i]); };
    const auto change_at = [=](size_t i) { return static_cast<double>(new_g[i] - g[i]); };
    const double curvature = sum_of([=](size_t i) { return step_at(i) * change_at(i); });
    const double step_square = sum_of([=](size_t i) { return step_at(i) * step_at(i); });
    const double change_square = sum_of([=](size_t i) { return change_at(i) * change_at(i); });
    if (!(curvature > kLeastCurvature * std::sqrt(step_square) * std::sqrt(change_square))) return;

    const size_t at = next();
    T* __restrict s = step(at).data();
    T* __restrict y = change(at).data();
    for (size_t i = 0; i < size_; ++i) {
      s[i] = new_x[i] - x[i];
      y[i] = new_g[i] - g[i];
    }
    product(at) = curvature;
    numbers_[0] = static_cast<double>(std::min(count() + 1, memory_));
    numbers_[1] = static_cast<double>((at + 1) % memory_);
  }

  const size_t size_;
  const size_t memory_;
  const LineSearchRules rules_;
  AlignedVector<T> steps_;    // s = x' - x, `memory_` places
  AlignedVector<T> changes_;  // y = g' - g
  std::vector<double> numbers_;
  // Scratch.
  Ray<T> ray_;
  std::vector<double> weights_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Lbfgs<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kLbfgs = {
    .kind =
        {.name = "lbfgs",
         .summary = "Quasi-Newton steps from the last changes of the gradient, with a line search: for smooth "
                    "problems that fit one batch.",
         .formula =
             "x += a*p, p = -H g by the two-loop recursion over the last `memory` pairs s = x' - x, y = g' - "
             "g, from H0 = y's/y'y of the last; pairs with y's <= 1e-10*norm(s)*norm(y) are skipped; a fulfils f(a) <= "
             "f(0) + c1*a*f'(0) and |f'(a)| <= c2*|f'(0)|, found as in line_search_descent's strong_wolfe from "
             "rate, without pairs from rate*min(1, 1/sum of |g|); where none is found, the best point measured, "
             "and no pairs",
         .reference = "Liu and Nocedal, \"On the limited memory BFGS method for large scale optimization\", "
                      "Mathematical Programming 45, 1989; Nocedal and Wright, \"Numerical Optimization\", 2nd "
                      "edition, 2006, algorithms 7.4, 3.5, 3.6",
         .fields = kFields,
         .check = CheckRules},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .whole_vector = true,
    .needs_batch = true};

}  // namespace descent::core
