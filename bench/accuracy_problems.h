// Problems whose minima are known to more digits than a double has (tests/golden/optima.txt), and how near a run of the
// trainer comes to them. For the program `accuracy`, which writes the tables of docs/accuracy.md, and for tests.
#ifndef DESCENT_BENCH_ACCURACY_PROBLEMS_H_
#define DESCENT_BENCH_ACCURACY_PROBLEMS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/fields.h"
#include "core/training/job_spec.h"
#include "core/training/trainer.h"

namespace descent::core {

// How parameters are compared with the optimum's.
enum class Comparison {
  kLength,        // greatest difference relative to the greatest parameter
  kCentered,      // the same after the intercepts' mean is taken from them: only their differences matter
  kCoefficients,  // of the original features; the worst of all coefficients, each relative to itself
};

struct AccuracyProblem {
  std::string name;
  std::string objective;  // what is minimised, in words
  JobSpec spec;           // all but the optimizer and when to stop
  TrainingData data;
  Comparison comparison = Comparison::kLength;
  // The optimum: its value, where it is, the condition number of the Hessian there.
  double optimum = 0;
  std::vector<double> parameters;
  std::string condition;
};

// All problems, in the order of the documentation. `source_dir` is the top of the source tree. Aborts with a message
// when a file is missing.
std::vector<AccuracyProblem> LoadAccuracyProblems(const std::string& source_dir);

// The problem of a name; aborts if there is none.
const AccuracyProblem& FindProblem(const std::vector<AccuracyProblem>& problems, absl::string_view name);

// How a problem is attacked, as the table shows it.
struct Method {
  absl::string_view problem;
  absl::string_view optimizer;  // kind
  absl::string_view settings;   // `learning_rate=0.3 momentum=0.9`; not fields of the optimizer: `schedule=cosine`, and
                                // `batch=16`, rows that are drawn with replacement
  int64_t max_steps = 0;
  double gradient_tolerance = 0;  // 0: none
};

// How near it came. Digits are -log10 of the relative error, rounded down, from 0 to 15; of an objective whose minimum
// is 0 the error is relative to the objective at the start.
struct Outcome {
  Termination termination;
  double objective = 0;  // over all rows
  int objective_digits = 0;
  int parameter_digits = 0;
};

// Runs a method to its end. Aborts with a message when the spec is refused.
Outcome RunMethod(const AccuracyProblem& problem, const Method& method);

// Digits of `value` where `reference` is right and `scale` is what an error is compared with.
int CorrectDigits(double value, double reference, double scale);

}  // namespace descent::core

#endif  // DESCENT_BENCH_ACCURACY_PROBLEMS_H_
