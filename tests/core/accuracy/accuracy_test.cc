// Known optima to ten digits and more, by at least one method each. The optima are those of tests/golden/optima.txt,
// found by other means than descent's.
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "bench/accuracy_problems.h"
#include "gtest/gtest.h"

namespace descent::core {
namespace {

struct Expectation {
  Method method;
  int objective_digits;
  int parameter_digits;
};

void PrintTo(const Expectation& expectation, std::ostream* out) { *out << std::string(expectation.method.problem); }

class KnownOptimumTest : public testing::TestWithParam<Expectation> {
 protected:
  static const std::vector<AccuracyProblem>& Problems() {
    static const std::vector<AccuracyProblem>* const problems = [] {
      const char* source_dir = std::getenv("DESCENT_SOURCE_DIR");
      return new std::vector<AccuracyProblem>(LoadAccuracyProblems(source_dir == nullptr ? "." : source_dir));
    }();
    return *problems;
  }
};

TEST_P(KnownOptimumTest, IsReached) {
  const Expectation& expected = GetParam();
  const Outcome outcome = RunMethod(FindProblem(Problems(), expected.method.problem), expected.method);
  const bool has_tolerance = expected.method.gradient_tolerance > 0;
  EXPECT_EQ(outcome.termination.reason, has_tolerance ? TerminationReason::kConverged : TerminationReason::kStepBudget)
      << outcome.termination.message;
  EXPECT_GE(outcome.objective_digits, expected.objective_digits) << outcome.termination.message;
  EXPECT_GE(outcome.parameter_digits, expected.parameter_digits) << outcome.termination.message;
}

INSTANTIATE_TEST_SUITE_P(
    All, KnownOptimumTest,
    testing::Values(
        Expectation{{"breast_cancer_logistic", "sgd", "learning_rate=1 momentum=0.95", 20000, 1e-12}, 13, 10},
        Expectation{{"breast_cancer_squared_hinge", "sgd", "learning_rate=0.05 momentum=0.95", 20000, 1e-13}, 13, 10},
        Expectation{{"iris_softmax", "sgd", "learning_rate=1 momentum=0.95", 20000, 1e-12}, 13, 10},
        Expectation{{"diabetes_least_squares", "sgd", "learning_rate=0.1 momentum=0.95", 20000, 1e-10}, 13, 10},
        Expectation{{"diabetes_ridge", "sgd", "learning_rate=0.2 momentum=0.8", 20000, 1e-10}, 13, 10},
        Expectation{{"diabetes_lasso", "sgd", "learning_rate=0.2", 20000}, 13, 10},
        Expectation{{"diabetes_huber", "sgd", "learning_rate=0.2 momentum=0.95", 20000, 1e-11}, 13, 10},
        Expectation{{"warpbreaks_poisson", "sgd", "learning_rate=0.01 momentum=0.9", 20000, 1e-12}, 13, 10},
        Expectation{{"nist_norris", "sgd", "learning_rate=0.4", 1000}, 10, 10},
        Expectation{{"nist_pontius", "sgd", "learning_rate=0.4 momentum=0.8", 20000}, 10, 10},
        Expectation{{"nist_noint1", "sgd", "learning_rate=1e-4", 1000}, 10, 10},
        Expectation{{"nist_noint2", "sgd", "learning_rate=0.01", 1000}, 10, 10},
        Expectation{{"nist_longley", "sgd", "learning_rate=0.2 momentum=0.98", 20000}, 10, 9}),
    [](const testing::TestParamInfo<Expectation>& info) { return std::string(info.param.method.problem); });

TEST(CorrectDigitsTest, CountsWholeDigits) {
  EXPECT_EQ(CorrectDigits(1.5, 1.5, 1.5), 15);
  EXPECT_EQ(CorrectDigits(1 + 2e-7, 1, 1), 6);
  EXPECT_EQ(CorrectDigits(-2, 1, 1), 0);
  EXPECT_EQ(CorrectDigits(3e-8, 0, 100), 9);
  EXPECT_EQ(CorrectDigits(std::numeric_limits<double>::quiet_NaN(), 1, 1), 0);
}

}  // namespace
}  // namespace descent::core
