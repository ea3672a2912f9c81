// SAGA, see the formula in kSaga below.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/row_table.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    OptionalNumber("learning_rate", "Step size; when not given, 1/(2L + min(2*n*l2, L)).", Positive(),
                   "parameter units per gradient unit"),
};

template <typename T>
class Saga final : public Optimizer<T> {
 public:
  explicit Saga(const ParameterLayout& layout)
      : table_(static_cast<size_t>(layout.size)), direction_(static_cast<size_t>(layout.size)) {}

  void Prepare(const LinearRows<T>& rows) override { table_.Prepare(rows.count); }

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const LinearRows<T>* rows = update.batch->rows();
    if (rows == nullptr) return;
    table_.Measure(*rows, parameters);
    const double count = static_cast<double>(rows->count);
    for (size_t j = 0; j < direction_.size(); ++j) direction_[j] = table_.sum()[j] / count;
    table_.AddChanges(*rows, 1 / static_cast<double>(rows->batch_size()), absl::MakeSpan(direction_));
    table_.Keep(*rows);
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
  return std::make_unique<Saga<T>>(layout);
}

double DefaultRate(double smoothness, double convexity, double rows) {
  return 1 / (2 * smoothness + std::min(2 * rows * convexity, smoothness));
}

}  // namespace

const constinit OptimizerInfo kSaga = {
    .kind =
        {.name = "saga",
         .summary = "Stochastic steps whose noise fades because the last gradient of every row is remembered, also "
                    "with a proximal penalty: for linear models with one output and a smooth loss.",
         .formula =
             "s_i = u_i*loss'(w.x_i + b), u_i as in sag; x -= rate*(1/b * sum over the batch's b rows of (s_i - t_i) "
             "x_i + 1/n * sum "
             "over all n rows of t_i x_i + the penalties' derivative), then t_i = s_i for those rows; t = 0 at "
             "first; L = c*max u_i*(norm(x_i)^2 + 1 if there is a bias) + l2, c the loss's largest second derivative "
             "(logistic 1/4, squared 2)",
         .reference = "Defazio, Bach and Lacoste-Julien, \"SAGA: a fast incremental gradient method with support "
                      "for non-strongly convex composite objectives\", NIPS 2014",
         .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .whole_vector = true,
    .needs_linear_rows = true,
    .default_rate = DefaultRate};

}  // namespace descent::core
