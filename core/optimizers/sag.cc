// Stochastic average gradient, see the formula in kSag below.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/row_table.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    OptionalNumber("learning_rate", "Step size; when not given, 1/(16 L).", Positive(),
                   "parameter units per gradient unit"),
};

template <typename T>
class Sag final : public Optimizer<T> {
 public:
  explicit Sag(const ParameterLayout& layout)
      : table_(static_cast<size_t>(layout.size)), direction_(static_cast<size_t>(layout.size)) {}

  void Prepare(const LinearRows<T>& rows) override { table_.Prepare(rows.count); }

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const LinearRows<T>* rows = update.batch->rows();
    if (rows == nullptr) return;
    table_.Measure(*rows, parameters);
    table_.Keep(*rows);
    for (size_t j = 0; j < direction_.size(); ++j) direction_[j] = table_.sum()[j] / table_.seen();
    rows->Descend(update.learning_rate, direction_, parameters);
  }

  std::vector<absl::Span<T>> State() override { return table_.State(); }
  std::vector<absl::Span<double>> Numbers() override { return table_.Numbers(); }

 private:
  RowTable<T> table_;
  std::vector<double> direction_;  // scratch
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& /*config*/, const ParameterLayout& layout) {
  return std::make_unique<Sag<T>>(layout);
}

double DefaultRate(double smoothness, double /*convexity*/, double /*rows*/) { return 1 / (16 * smoothness); }

}  // namespace

const constinit OptimizerInfo kSag = {
    .kind =
        {.name = "sag",
         .summary = "Stochastic average gradient: steps along the average of the last gradient of every row, at "
                    "the price of one row: for linear models with one output and a smooth loss.",
         .formula =
             "s_i = u_i*loss'(w.x_i + b) for the rows i of the batch, u_i a row's weight over the mean weight, else 1; "
             "x -= rate*(1/m * sum over the m rows seen so far "
             "of s_i x_i + the penalties' derivative); L = c*max u_i*(norm(x_i)^2 + 1 if there is a bias) + l2, c the "
             "loss's largest second derivative (logistic 1/4, squared 2). Where rows are drawn with "
             "replacement 1/L does as well; where each comes once an epoch it may diverge",
         .reference = "Schmidt, Le Roux and Bach, \"Minimizing finite sums with the stochastic average gradient\", "
                      "Mathematical Programming 162, 2017",
         .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .whole_vector = true,
    .needs_linear_rows = true,
    .default_rate = DefaultRate};

}  // namespace descent::core
