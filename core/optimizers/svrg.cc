// Stochastic variance reduced gradient, see the formula in kSvrg below.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/aligned.h"
#include "core/optimizers/kinds.h"
#include "core/optimizers/linear_rows.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    OptionalNumber("learning_rate", "Step size; when not given, 1/(10 L).", Positive(),
                   "parameter units per gradient unit"),
    OptionalInteger("inner_steps", "Steps from one gradient over all rows to the next; when not given, two epochs.",
                    AtLeast(1), "steps"),
};

template <typename T>
class Svrg final : public Optimizer<T> {
 public:
  Svrg(const Config& config, const ParameterLayout& layout)
      : inner_steps_(std::max<int64_t>(1, config.integer("inner_steps"))),
        snapshot_(static_cast<size_t>(layout.size)),
        numbers_(1 + snapshot_.size()),
        direction_(snapshot_.size()) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const LinearRows<T>* rows = update.batch->rows();
    if (rows == nullptr) return;
    if (update.step % inner_steps_ == 0 || numbers_[0] == 0) TakeSnapshot(*rows, parameters);
    std::copy(numbers_.begin() + 1, numbers_.end(), direction_.begin());
    const double share = 1 / static_cast<double>(rows->batch_size());
    for (int64_t place = 0; place < rows->batch_size(); ++place) {
      const int64_t row = rows->batch_row(place);
      const double change =
          static_cast<double>(rows->Slope(row, parameters)) - static_cast<double>(rows->Slope(row, snapshot_));
      rows->AddRow(row, share * change, absl::MakeSpan(direction_));
    }
    rows->Descend(update.learning_rate, direction_, parameters);
  }

  std::vector<absl::Span<T>> State() override { return {absl::MakeSpan(snapshot_)}; }
  std::vector<absl::Span<double>> Numbers() override { return {absl::MakeSpan(numbers_)}; }

 private:
  void TakeSnapshot(const LinearRows<T>& rows, absl::Span<const T> parameters) {
    std::copy(parameters.begin(), parameters.end(), snapshot_.begin());
    std::fill(numbers_.begin(), numbers_.end(), 0);
    const absl::Span<double> gradient = absl::MakeSpan(numbers_).subspan(1);
    for (int64_t row = 0; row < rows.count; ++row) {
      rows.AddRow(row, static_cast<double>(rows.Slope(row, parameters)), gradient);
    }
    for (double& slope : gradient) slope /= static_cast<double>(rows.count);
    numbers_[0] = 1;
  }

  const int64_t inner_steps_;
  AlignedVector<T> snapshot_;      // parameters
  std::vector<double> numbers_;    // whether there is a snapshot, then the gradient of the mean loss there
  std::vector<double> direction_;  // scratch
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Svrg<T>>(config, layout);
}

double DefaultRate(double smoothness, double /*convexity*/, double /*rows*/) { return 0.1 / smoothness; }

}  // namespace

const constinit OptimizerInfo kSvrg = {
    .kind = {.name = "svrg",
             .summary = "Stochastic steps whose noise fades because now and then the gradient over all rows is taken; "
                        "remembers no rows: for linear models with one output and a smooth loss.",
             .formula = "every inner_steps steps z = x and u = 1/n * sum over all rows of s_i(z) x_i, where s_i(x) = "
                        "u_i*loss'(w.x_i + b) at x, u_i as in sag; x -= rate*(1/b * sum over the batch's b rows of "
                        "(s_i(x) - s_i(z)) x_i + u + "
                        "the penalties' derivative); L as in sag",
             .reference = "Johnson and Zhang, \"Accelerating stochastic gradient descent using predictive variance "
                          "reduction\", NIPS 2013, option I; the rate: Xiao and Zhang, SIAM Journal on Optimization "
                          "24, 2014",
             .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .whole_vector = true,
    .needs_linear_rows = true,
    .default_rate = DefaultRate};

}  // namespace descent::core
