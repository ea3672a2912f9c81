// The same job without a server: core alone, uninterrupted. What a watch of the server must equal, bit for bit.
#ifndef DESCENT_TESTS_E2E_OFFLINE_RUN_H_
#define DESCENT_TESTS_E2E_OFFLINE_RUN_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/training/trainer.h"
#include "descent/v1/job_spec.pb.h"
#include "descent/v1/step_log.pb.h"

namespace descent::e2e {

// One row of a run.
struct Row {
  double loss = 0;
  double objective = 0;
  double learning_rate = 0;
  double gradient_norm = 0;

  // Bit for bit: NaN equals NaN, 0 differs from -0.
  bool operator==(const Row& other) const;
};

// All that a run's log says of the mathematics.
struct Trace {
  std::map<int64_t, Row> rows;
  std::map<int64_t, std::vector<double>> parameters;
  std::vector<double> kept;
};

// Trains as a resolved spec says.
Trace RunOffline(const v1::JobSpec& resolved, const core::TrainingData& data);

// Adds a block's rows; fails the test when one is there already.
void AddRows(const v1::StepBlock& block, Trace* run);

// Fails the test at the first row or vector that differs.
void ExpectSameRun(const Trace& actual, const Trace& expected);

}  // namespace descent::e2e

#endif  // DESCENT_TESTS_E2E_OFFLINE_RUN_H_
