#include "core/expression/evaluator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/random.h"
#include "core/expression/complex_step.h"
#include "core/functions/function.h"

namespace descent::core {
namespace {

Formula Parse(const std::string& text) {
  absl::StatusOr<Formula> formula = ParseFormula(text);
  EXPECT_TRUE(formula.ok()) << text << "\n" << formula.status();
  return formula.ok() ? *std::move(formula) : Formula{};
}

// A function of a few parameters, without data.
struct Problem {
  explicit Problem(const std::string& text) : formula(Parse(text)), evaluator(&formula, AllParameters(formula)) {}

  double Value(const std::vector<double>& x) {
    evaluator.SetParameters(x);
    return evaluator.Forward(1, {})[0];
  }
  std::vector<double> Gradient(const std::vector<double>& x) {
    Value(x);
    const double one = 1;
    evaluator.Backward(1, &one);
    std::vector<double> gradient(x.size());
    evaluator.AddGradient(1, absl::MakeSpan(gradient));
    return gradient;
  }
  std::vector<double> HessianProduct(const std::vector<double>& x, const std::vector<double>& direction) {
    Value(x);
    evaluator.SetDirection(direction);
    evaluator.ForwardTangents(1);
    const double one = 1;
    const double zero = 0;
    evaluator.BackwardTangents(1, &one, &zero);
    std::vector<double> product(x.size());
    evaluator.AddHessianProduct(1, absl::MakeSpan(product));
    return product;
  }

  const Formula formula;
  Evaluator evaluator;
};

// Where each function is compared; none of them at a kink or pole.
struct Points {
  const char* formula;
  std::vector<std::vector<double>> points;
};

std::vector<Points> AllFunctions() {
  const std::vector<std::vector<double>> anywhere = {{-700.5}, {-30}, {-2.5}, {-0.3}, {-1e-9}, {1e-12},
                                                     {0.4},    {1},   {3.25}, {20},   {40},    {700}};
  const std::vector<std::vector<double>> positive = {{1e-200}, {1e-9}, {0.2}, {1}, {2.5}, {1e5}, {1e200}};
  const std::vector<std::vector<double>> inside = {{-1 + 1e-9}, {-0.7}, {-1e-10}, {0}, {0.3}, {0.999}};
  const std::vector<std::vector<double>> pairs = {{-3, 2}, {-0.5, -0.25}, {0.3, 4}, {5, -2}, {2, 1e-3}, {1e5, -3e5}};
  return {{"exp(x)", anywhere},
          {"expm1(x)", anywhere},
          {"log(x)", positive},
          {"ln(x)", positive},
          {"log2(x)", positive},
          {"log10(x)", positive},
          {"log1p(x)", {{-1 + 1e-9}, {-0.5}, {-1e-12}, {0}, {1e-12}, {3}, {1e9}}},
          {"sqrt(x)", positive},
          {"abs(x)", anywhere},
          {"sin(x)", anywhere},
          {"cos(x)", anywhere},
          {"tan(x)", {{-1.5}, {-0.3}, {0}, {1e-9}, {0.8}, {3}, {100}}},
          {"asin(x)", inside},
          {"acos(x)", inside},
          {"atan(x)", anywhere},
          {"atan2(x, y)", pairs},
          {"sinh(x)", anywhere},
          {"cosh(x)", anywhere},
          {"tanh(x)", {{-300}, {-20}, {-1.5}, {-1e-9}, {0}, {0.5}, {19}, {350}}},
          {"sigmoid(x)", anywhere},
          {"softplus(x)", anywhere},
          {"pow(x, y)", {{0.3, 2.5}, {2, -3.25}, {7, 0}, {1, 5}, {1e-5, 1.5}, {40, 12.5}}},
          {"min(x, y)", pairs},
          {"max(x, y)", pairs},
          {"x + y", pairs},
          {"x - y", pairs},
          {"x * y", pairs},
          {"x / y", pairs},
          {"-x", anywhere},
          {"x^2", anywhere},
          {"x^3", anywhere},
          {"x^-2", anywhere},
          {"x^7", {{-3}, {0}, {1.5}}},
          {"x^100", {{-1.5}, {-0.25}, {1.01}}},
          {"x^101", {{-1.5}, {-0.25}, {1.01}}},
          {"x^0.5", positive},
          {"2^x", anywhere}};
}

TEST(EvaluatorTest, EveryFunctionsDerivativeAgreesWithTheComplexStep) {
  std::vector<std::string> seen;
  for (const auto& [text, points] : AllFunctions()) {
    Problem problem(text);
    for (const Operation operation : problem.formula.tape.operations) seen.emplace_back(InfoOf(operation).name);
    for (const std::vector<double>& point : points) {
      problem.Value(point);
      const GradientCheck check = CheckGradient(&problem.evaluator, 0);
      EXPECT_TRUE(check.checked) << text << " at " << point[0];
      EXPECT_LE(check.difference, 2e-14) << text << " at " << point[0] << ": " << check.reverse << " and "
                                         << check.complex_step;
    }
  }
  for (const FormulaFunction& function : FormulaFunctions()) {
    const absl::string_view name = InfoOf(function.operation).name;
    EXPECT_NE(std::find(seen.begin(), seen.end(), name), seen.end()) << name;
  }
}

// Products with the Hessian against differences of exact gradients: five points, so the error is of fourth order.
TEST(EvaluatorTest, EveryFunctionsSecondDerivativesAgreeWithDifferencesOfGradients) {
  for (const auto& [text, points] : AllFunctions()) {
    Problem problem(text);
    for (const std::vector<double>& point : points) {
      // Differences need room: not at 0, where steps vanish, nor next to a pole.
      const double away = std::abs(std::abs(point[0]) - 1);
      if (std::abs(point[0]) < 1e-4 || std::abs(point[0]) > 50 || (away > 0 && away < 2e-3)) continue;
      for (size_t i = 0; i < point.size(); ++i) {
        std::vector<double> direction(point.size());
        direction[i] = 1;
        const double h = point[i] == 0 ? 1e-5 : 2e-5 * std::abs(point[i]);
        const auto gradient = [&](double shift) {
          std::vector<double> x = point;
          x[i] += shift;
          return problem.Gradient(x);
        };
        const auto far = gradient(2 * h), near = gradient(h), back = gradient(-h), far_back = gradient(-2 * h);
        const std::vector<double> product = problem.HessianProduct(point, direction);
        for (size_t j = 0; j < point.size(); ++j) {
          const double quotient = (far_back[j] - 8 * back[j] + 8 * near[j] - far[j]) / (12 * h);
          const double rounding = 1e-14 * (std::abs(near[j]) + std::abs(far[j]));
          EXPECT_NEAR(product[j] * h, quotient * h, rounding + 1e-10 * std::abs(quotient * h))
              << text << " at " << point[0] << ", " << i << " " << j;
        }
      }
    }
  }
}

TEST(EvaluatorTest, HessianOfAFormulaIsTheOneOnPaper) {
  // f = x^2 sin(y) + exp(x y): f_xx = 2 sin y + y^2 e, f_xy = 2x cos y + (1 + x y) e, f_yy = -x^2 sin y + x^2 e.
  Problem problem("x^2*sin(y) + exp(x*y)");
  const double x = 1.5;
  const double y = -0.75;
  const double e = std::exp(x * y);
  const std::vector<double> by_x = problem.HessianProduct({x, y}, {1, 0});
  const std::vector<double> by_y = problem.HessianProduct({x, y}, {0, 1});
  EXPECT_NEAR(by_x[0], 2 * std::sin(y) + y * y * e, 1e-15);
  EXPECT_NEAR(by_x[1], 2 * x * std::cos(y) + (1 + x * y) * e, 1e-15);
  EXPECT_NEAR(by_y[1], -x * x * std::sin(y) + x * x * e, 1e-15);
  EXPECT_NEAR(by_y[0], by_x[1], 1e-15);
}

TEST(EvaluatorTest, KinksAndEdges) {
  EXPECT_EQ(Problem("abs(x)").Gradient({0})[0], 0);
  EXPECT_EQ(Problem("max(x, -x)").Gradient({0})[0], 0);
  EXPECT_EQ(Problem("min(x, y)").Gradient({2, 2}), (std::vector<double>{0.5, 0.5}));
  EXPECT_EQ(Problem("x^2").Gradient({0})[0], 0);
  EXPECT_EQ(Problem("x^3").Gradient({0})[0], 0);
  EXPECT_EQ(Problem("x^y").Gradient({0, 2}), (std::vector<double>{0, 0}));
  EXPECT_EQ(Problem("x^y").Gradient({3, 0})[0], 0);
  // A constant exponent on a negative base: its logarithm is never asked for.
  EXPECT_EQ(Problem("x^3").Gradient({-2})[0], 12);
  EXPECT_EQ(Problem("x^3").HessianProduct({-2}, {1})[0], -12);
  EXPECT_EQ(Problem("x^y").Gradient({-2, 3})[0], 12);
  // Not a number is not lost in a comparison.
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const char* text : {"min(x, y)", "max(x, y)"}) {
    EXPECT_TRUE(std::isnan(Problem(text).Value({nan, 1}))) << text;
    EXPECT_TRUE(std::isnan(Problem(text).Value({1, nan}))) << text;
  }
  for (const auto& [text, point] : std::vector<std::pair<std::string, std::vector<double>>>{
           {"abs(x)", {0}}, {"max(x, y)", {1, 1}}, {"x^1.5", {0}}, {"log(x)", {-1}}, {"sqrt(x)", {0}}}) {
    Problem problem(text);
    problem.Value(point);
    const GradientCheck check = CheckGradient(&problem.evaluator, 0);
    EXPECT_FALSE(check.checked) << text;
    EXPECT_TRUE(check.agrees) << text;
  }
}

TEST(EvaluatorTest, TheComplexStepIsNotFooledByCancellation) {
  // The derivative by x is 0; its terms are of the size of e^20.
  Problem problem("exp(20*x) - exp(10*x)^2 + y");
  problem.Value({1, 0});
  const GradientCheck check = CheckGradient(&problem.evaluator, 0);
  EXPECT_TRUE(check.checked && check.agrees) << check.difference;
}

TEST(EvaluatorTest, CompositesAgreeWithTheComplexStep) {
  const char* const formulas[] = {
      "a*exp(-b*x) + c",
      "b1*(1-exp(-b2*x))",
      "exp(-b1*x)/(b2+b3*x)",
      "(b1+b2*x+b3*x^2+b4*x^3)/(1+b5*x+b6*x^2+b7*x^3)",
      "b1*exp(-b2*x) + b3*exp(-(x-b4)^2/b5^2) + b6*exp(-(x-b7)^2/b8^2)",
      "b1 - b2*x - atan(b3/(x-b4))/pi",
      "b1 + b2*cos(2*pi*x/12) + b3*sin(2*pi*x/12) + b5*cos(2*pi*x/b4)",
      "b1*(b2+x)^(-1/b3)",
      "softplus(a*tanh(b*x))^1.5 + sigmoid(c/x)*log1p(a^2) - min(a, b)*max(b, c*x)",
  };
  const RandomStream draws(7, "composites");
  uint64_t draw = 0;
  for (const char* text : formulas) {
    Problem problem(text);
    for (int trial = 0; trial < 50; ++trial) {
      std::vector<double> point(problem.formula.names.size());
      for (double& value : point) value = 0.1 + 2 * draws.Uniform(draw++);
      problem.Value(point);
      const GradientCheck check = CheckGradient(&problem.evaluator, 0);
      EXPECT_TRUE(check.checked) << text;
      EXPECT_LE(check.difference, 1e-13) << text;
    }
  }
}

TEST(EvaluatorTest, BlocksOfRowsGiveTheBitsOfSingleRows) {
  const Formula formula = Parse("y ~ a*exp(-b*t) + c*sin(t)*u + b^t");
  Binding binding;
  binding.parameter_count = 4;  // the last is not used
  for (const std::string& name : formula.names) {
    binding.parameter.push_back(name == "a" ? 0 : name == "b" ? 1 : name == "c" ? 2 : -1);
    binding.column.push_back(name == "t" ? 0 : name == "u" ? 1 : -1);
  }
  constexpr int64_t kRows = 200;
  const RandomStream draws(1, "rows");
  std::vector<double> t;
  std::vector<double> u;
  std::vector<double> seeds;
  for (uint64_t row = 0; row < kRows; ++row) {
    t.push_back(draws.Uniform(3 * row));
    u.push_back(draws.Uniform(3 * row + 1));
    seeds.push_back(draws.Uniform(3 * row + 2) - 0.5);
  }
  const std::vector<double> parameters = {1.25, 0.5, -2, 9};
  Evaluator evaluator(&formula, binding);
  ASSERT_GE(evaluator.block_rows(), kRows);
  evaluator.SetParameters(parameters);
  const double* columns[] = {t.data(), u.data()};
  const double* values = evaluator.Forward(kRows, columns);
  evaluator.Backward(kRows, seeds.data());
  EXPECT_EQ(evaluator.ParameterAdjoints(3), nullptr);

  Evaluator single(&formula, binding);
  single.SetParameters(parameters);
  std::vector<double> sums(4, 0);
  for (int64_t row = 0; row < kRows; ++row) {
    const double* one[] = {&t[static_cast<size_t>(row)], &u[static_cast<size_t>(row)]};
    EXPECT_EQ(single.Forward(1, one)[0], values[row]);
    single.Backward(1, &seeds[static_cast<size_t>(row)]);
    for (int32_t parameter = 0; parameter < 3; ++parameter) {
      EXPECT_EQ(single.ParameterAdjoints(parameter)[0], evaluator.ParameterAdjoints(parameter)[row]);
      sums[static_cast<size_t>(parameter)] += single.ParameterAdjoints(parameter)[0];
    }
  }
  std::vector<double> gradient(4, 0);
  evaluator.AddGradient(kRows, absl::MakeSpan(gradient));
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(gradient[i], sums[i], 1e-13);
  EXPECT_EQ(gradient[3], 0);
}

TEST(EvaluatorTest, FormulasOfTheFunctionTableGiveItsBits) {
  Problem problem("x^2*sin(y)");
  const FunctionInfo* trough = FindFunction("trough");
  const RandomStream draws(3, "trough");
  for (uint64_t i = 0; i < 100; ++i) {
    const std::vector<double> x = {10 * draws.Uniform(2 * i) - 5, 10 * draws.Uniform(2 * i + 1) - 5};
    double gradient[2];
    EXPECT_EQ(problem.Value(x), trough->evaluate(x.data(), gradient));
    EXPECT_EQ(problem.Gradient(x), std::vector<double>(gradient, gradient + 2));
  }
}

TEST(EvaluatorTest, SaysWhatIsNotFinite) {
  const Formula formula = Parse("1 + sqrt(log(x) + 2)*x");
  Evaluator evaluator(&formula, AllParameters(formula));
  evaluator.SetParameters(std::vector<double>{0.001});
  evaluator.Forward(1, {});
  EXPECT_EQ(formula.TextOf(evaluator.FirstNonFinite(0)), "sqrt(log(x) + 2)");
  evaluator.SetParameters(std::vector<double>{1});
  evaluator.Forward(1, {});
  EXPECT_EQ(evaluator.FirstNonFinite(0), -1);
}

TEST(EvaluatorTest, LongFormulasTakeSmallBlocks) {
  std::string text = "x";
  for (int i = 0; i < 4000; ++i) absl::StrAppend(&text, "+sin(", i, "*x)");
  EXPECT_FALSE(ParseFormula(text).ok());
  text.resize(text.find("+sin(1500*x)"));
  Problem problem(text);
  EXPECT_GE(problem.formula.tape.size(), 6000);
  EXPECT_EQ(problem.evaluator.block_rows(), 8);
  double sum = 1;
  for (int i = 0; i < 1500; ++i) sum += i * std::cos(i * 0.5);
  EXPECT_NEAR(problem.Gradient({0.5})[0], sum, 1e-9);
}

}  // namespace
}  // namespace descent::core
