// The nonlinear regression problems of NIST, see tests/golden/nist/README.md, and how near Levenberg-Marquardt in the
// trainer comes to their certified values.
#ifndef DESCENT_BENCH_NIST_PROBLEMS_H_
#define DESCENT_BENCH_NIST_PROBLEMS_H_

#include <cstddef>
#include <cstdint>
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
  int digits = 0;              // correct ones of the worst parameter, at most 11: so many are certified
  bool rounds_to_all = false;  // whether every parameter, rounded to 11 digits, is the certified one
  double residual_sum_of_squares = 0;
};

// Fits a problem from one of its starts with the defaults of levenberg_marquardt, until the gradient is within
// GradientTolerance(problem) or the objective has not fallen for 50 steps. Aborts with a message when the spec is
// refused.
NistOutcome FitNist(const NistProblem& problem, size_t start);

// The parameters after each of the first `steps` steps from a start.
std::vector<std::vector<double>> NistPath(const NistProblem& problem, size_t start, int64_t steps);

// A norm of the gradient that vouches for ten digits of all parameters, and that rounding lets the gradient pass with
// room; 0 where there is none, because parameters of very different size leave their digits in different places.
double GradientTolerance(const NistProblem& problem);

}  // namespace descent::core

#endif  // DESCENT_BENCH_NIST_PROBLEMS_H_
