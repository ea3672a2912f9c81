// NIST's 27 nonlinear regression problems through the trainer, from both of their starts, with the defaults of
// levenberg_marquardt; and its steps against a rule written independently in NumPy.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/nist_problems.h"

namespace descent::core {
namespace {

std::string SourceDir() {
  const char* source_dir = std::getenv("DESCENT_SOURCE_DIR");
  return source_dir == nullptr ? "." : source_dir;
}

// The certified values are rounded to eleven digits, so that a right value may agree with ten only.
constexpr int kDigits = 10;

TEST(NistSolveTest, EveryParameterIsRightFromBothStarts) {
  for (const NistProblem& problem : ReadNistProblems(SourceDir())) {
    for (size_t start = 0; start < 2; ++start) {
      const NistOutcome outcome = FitNist(problem, start);
      const std::string name = absl::StrCat(problem.name, " start ", start + 1, ": ", outcome.termination.message);
      EXPECT_GE(outcome.digits, kDigits) << name;
      const bool has_tolerance = GradientTolerance(problem) > 0;
      EXPECT_EQ(outcome.termination.reason, has_tolerance ? TerminationReason::kConverged : TerminationReason::kPlateau)
          << name;
      if (problem.name == "Lanczos1") {
        EXPECT_LT(outcome.residual_sum_of_squares, 1e-20);  // certified: 1.4e-25, below what float64 can tell
      } else {
        EXPECT_NEAR(outcome.residual_sum_of_squares / problem.residual_sum_of_squares, 1, 2e-10) << name;
      }
    }
  }
}

TEST(NistSolveTest, StepsAreThoseOfTheOracle) {
  const std::vector<NistProblem> problems = ReadNistProblems(SourceDir());
  std::ifstream file(SourceDir() + "/tests/golden/levenberg_marquardt.txt");
  std::vector<std::vector<double>> path;  // of the fit at hand
  std::string fit;
  size_t compared = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word, name;
    size_t number = 0;
    words >> word;
    if (word == "fit") {
      words >> name >> number;
      fit = line;
      const auto problem =
          std::find_if(problems.begin(), problems.end(), [&](const NistProblem& each) { return each.name == name; });
      ASSERT_NE(problem, problems.end()) << line;
      path = NistPath(*problem, number, 30);
    } else if (word == "step") {
      words >> number;
      const std::vector<double>& point = path[number - 1];
      for (const double value : point) {
        double expected = 0;
        words >> expected;
        EXPECT_LE(std::abs(value - expected), 1e-11 * std::abs(expected)) << fit << ", step " << number;
      }
      ++compared;
    }
  }
  EXPECT_EQ(compared, 9 * 30);
}

}  // namespace
}  // namespace descent::core
