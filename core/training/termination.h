// How a run ended.
#ifndef DESCENT_CORE_TRAINING_TERMINATION_H_
#define DESCENT_CORE_TRAINING_TERMINATION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/training/diagnosis.h"

namespace descent::core {

// Which rule ended a run. In the order of descent.v1.TerminationReason, from 1.
enum class TerminationReason {
  kConverged = 1,
  kTargetReached,
  kStepBudget,
  kEpochBudget,
  kTimeBudget,
  kPlateau,
  kStoppedEarly,
  kDiverged,
  kNonFinite,
  kCancelled,
  kLimitCycle,
  kUnbounded,
  kStationary,
};

// The first value that is not finite.
struct NonFinite {
  std::string tensor;  // whose gradient it is, or `loss`
  int64_t index = 0;   // in the tensor
  int64_t step = 0;
  double value = 0;
};

struct Termination {
  TerminationReason reason = TerminationReason::kStepBudget;
  std::string message;  // a sentence with figures
  int64_t step = 0;     // updates done
  double loss = 0;
  double objective = 0;
  double gradient_norm = 0;
  int64_t kept_step = 0;  // whose parameters are the answer
  std::optional<NonFinite> non_finite;
  // How far the objective is above its minimum, at most: of convex problems with full batches.
  std::optional<double> duality_gap;
  // What the run has come to, where it could be told: full batches, and a small gradient or steps that lead nowhere.
  std::optional<Diagnosis> diagnosis;

  bool succeeded() const {
    return reason != TerminationReason::kDiverged && reason != TerminationReason::kNonFinite &&
           reason != TerminationReason::kUnbounded && reason != TerminationReason::kCancelled;
  }

  // Whether the rule says nothing about the place, so that it is open what the run has come to.
  bool leaves_place_open() const {
    return reason == TerminationReason::kConverged || reason == TerminationReason::kPlateau ||
           reason == TerminationReason::kStepBudget || reason == TerminationReason::kEpochBudget;
  }

  // Adds a duality gap, or none, with a sentence.
  void Certify(std::optional<double> gap);
  // Adds a diagnosis, or none, with its sentence; where it is not a minimum it becomes the reason.
  void Conclude(const std::optional<Diagnosis>& found);

  void Write(ByteWriter* writer) const;
  // A reason that is not known, of damaged bytes, is left as it is: see is_known. What 0.1.0 wrote has no certificates:
  // no duality gap and no diagnosis.
  static Termination Read(ByteReader* reader, bool with_certificates);
  bool is_known() const { return reason >= TerminationReason::kConverged && reason <= TerminationReason::kStationary; }
};

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_TERMINATION_H_
