// The nonlinear regression problems of NIST, see tests/golden/nist/README.md, and how near Levenberg-Marquardt in the
// trainer comes to their certified values.
#ifndef DESCENT_BENCH_NIST_PROBLEMS_H_
#define DESCENT_BENCH_NIST_PROBLEMS_H_

#include <string>
#include <vector>

#include "core/training/trainer.h"

namespace descent::core {

struct NistProblem {
  std::string name;
  std::string model;  // a formula
  std::vector<std::string> parameters;
  std::vector<std::vector<double>> starts;  // the far one, the near one
  std::vector<double> certified;
  double residual_sum_of_squares = 0;
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;  // one vector a column

  const std::vector<double>& Column(const std::string& column) const;
};

// All 27, by name. `source_dir` is the top of the source tree. Aborts with a message when they are not there.
std::vector<NistProblem> ReadNistProblems(const std::string& source_dir);

struct NistOutcome {
  Termination termination;
  // Correct digits of the worst parameter; 11 are certified.
  int digits = 0;
  double residual_sum_of_squares = 0;
};

// Fits a problem from one of its starts with the defaults of levenberg_marquardt, until the gradient is within
// GradientTolerance(problem) or the objective has not fallen for 50 steps.
NistOutcome FitNist(const NistProblem& problem, size_t start);

// What rounding leaves of the gradient at the minimum, with room: a share of what it would be if all residuals lay
// along the longest column of the Jacobian.
double GradientTolerance(const NistProblem& problem);

}  // namespace descent::core

#endif  // DESCENT_BENCH_NIST_PROBLEMS_H_
