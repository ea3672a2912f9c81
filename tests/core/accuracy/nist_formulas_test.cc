// The formulas of NIST's nonlinear regression problems at their certified values: see tests/golden/nist/README.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/nist_problems.h"
#include "core/expression/complex_step.h"
#include "core/expression/evaluator.h"
#include "core/expression/formula.h"

namespace descent::core {
namespace {

std::vector<NistProblem> ReadProblems() {
  const char* source = std::getenv("DESCENT_SOURCE_DIR");
  return ReadNistProblems(source == nullptr ? "." : source);
}

// A model with its data, ready to be evaluated.
class Fit {
 public:
  explicit Fit(const NistProblem& problem)
      : problem_(problem),
        formula_(*ParseFormula(problem.model)),
        evaluator_(&formula_, Bind()),
        target_(problem.Column(formula_.target)) {}

  // Residuals, model less observation, at a point; keeps the values for derivatives.
  std::vector<double> Residuals(const std::vector<double>& point) {
    std::vector<const double*> columns;
    for (const std::string& name : data_) columns.push_back(problem_.Column(name).data());
    evaluator_.SetParameters(point);
    const double* values = evaluator_.Forward(rows(), columns);
    std::vector<double> residuals;
    for (int64_t row = 0; row < rows(); ++row) residuals.push_back(values[row] - target_[static_cast<size_t>(row)]);
    return residuals;
  }

  int64_t rows() const { return static_cast<int64_t>(target_.size()); }
  Evaluator& evaluator() { return evaluator_; }

 private:
  Binding Bind() {
    Binding binding;
    binding.parameter_count = static_cast<int32_t>(problem_.parameters.size());
    for (const std::string& name : formula_.names) {
      const auto place = std::find(problem_.parameters.begin(), problem_.parameters.end(), name);
      const bool is_data = place == problem_.parameters.end();
      binding.parameter.push_back(is_data ? -1 : static_cast<int32_t>(place - problem_.parameters.begin()));
      binding.column.push_back(is_data ? static_cast<int32_t>(data_.size()) : -1);
      if (is_data) data_.push_back(name);
    }
    return binding;
  }

  const NistProblem& problem_;
  const Formula formula_;
  std::vector<std::string> data_;
  Evaluator evaluator_;
  const std::vector<double>& target_;
};

double SumOfSquares(const std::vector<double>& residuals) {
  double sum = 0;
  for (const double residual : residuals) sum += residual * residual;
  return sum;
}

TEST(NistTest, SumsOfSquaresAtTheCertifiedValuesAreTheCertifiedOnes) {
  for (const NistProblem& problem : ReadProblems()) {
    ASSERT_EQ(problem.starts.size(), 2) << problem.name;
    ASSERT_EQ(problem.certified.size(), problem.parameters.size()) << problem.name;
    Fit fit(problem);
    ASSERT_GE(fit.evaluator().block_rows(), fit.rows()) << problem.name;
    const double sum = SumOfSquares(fit.Residuals(problem.certified));
    if (problem.name == "Lanczos1") {
      EXPECT_LT(sum, 1e-20);
    } else {
      EXPECT_NEAR(sum / problem.residual_sum_of_squares, 1, 2e-10) << problem.name;
    }
  }
}

// The gradient vanishes there, but for the digits that the certified values lack: eleven.
TEST(NistTest, TheCertifiedValuesAreStationary) {
  for (const NistProblem& problem : ReadProblems()) {
    Fit fit(problem);
    const std::vector<double> residuals = fit.Residuals(problem.certified);
    fit.evaluator().Backward(fit.rows(), residuals.data());
    std::vector<double> gradient(problem.parameters.size());
    fit.evaluator().AddGradient(fit.rows(), absl::MakeSpan(gradient));
    const std::vector<double> ones(residuals.size(), 1.0);
    fit.evaluator().Backward(fit.rows(), ones.data());
    for (size_t i = 0; i < gradient.size(); ++i) {
      // By how much the sum of squares changes with one unit in the parameter's last digit.
      const double* jacobian = fit.evaluator().ParameterAdjoints(static_cast<int32_t>(i));
      double squares = 0;
      for (int64_t row = 0; row < fit.rows(); ++row) squares += jacobian[row] * jacobian[row];
      const double step = 1e-10 * std::abs(problem.certified[i]);
      const double others = 20 * static_cast<double>(gradient.size());
      EXPECT_LE(std::abs(gradient[i]),
                others * std::sqrt(squares) * std::sqrt(squares) * step + 1e-9 * std::sqrt(squares))
          << problem.name << " b" << i + 1;
    }
  }
}

TEST(NistTest, GradientsAgreeWithTheComplexStepFromBothStarts) {
  for (const NistProblem& problem : ReadProblems()) {
    Fit fit(problem);
    std::vector<std::vector<double>> points = problem.starts;
    points.push_back(problem.certified);
    for (const std::vector<double>& point : points) {
      fit.Residuals(point);
      for (int64_t row = 0; row < fit.rows(); ++row) {
        const GradientCheck check = CheckGradient(&fit.evaluator(), row);
        EXPECT_TRUE(check.checked) << problem.name << " row " << row;
        EXPECT_LE(check.difference, 1e-13) << problem.name << " row " << row << " b" << check.parameter + 1;
      }
    }
  }
}

}  // namespace
}  // namespace descent::core
