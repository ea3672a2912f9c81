// What a run has come to where it ends: at a minimum, on a saddle, on a plateau, or in a cycle. A vanishing gradient or
// an objective that stands still says none of it.
#ifndef DESCENT_CORE_TRAINING_DIAGNOSIS_H_
#define DESCENT_CORE_TRAINING_DIAGNOSIS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "core/analysis/spectrum.h"
#include "core/base/bytes.h"

namespace descent::core {

// In the order of descent.v1.Verdict, from 1.
enum class Verdict {
  kMinimum = 1,  // every curvature is positive
  kFlatMinimum,  // none is negative, some are 0: a minimum as far as second derivatives can say
  kSaddle,       // one is negative, another positive
  kMaximum,      // none is positive, one is negative
  kPlateau,      // the gradient is small because the surface is flat; no stationary point is near
  kLimitCycle,   // the parameters go round and round
};

struct Diagnosis {
  Verdict verdict = Verdict::kMinimum;
  double smallest_eigenvalue = 0;  // of the Hessian of the objective; not for kLimitCycle
  double largest_eigenvalue = 0;
  double newton_distance = 0;  // see Spectrum
  int64_t period = 0;          // of a cycle in steps; 0 when no point is met again exactly
  double diameter = 0;         // of a cycle: the greatest distance of its points from one of them

  // A sentence with figures and what to do.
  std::string Sentence() const;

  void Write(ByteWriter* writer) const;
  static Diagnosis Read(ByteReader* reader);
};

// The verdict on a point where the gradient is small, by the spectrum there and the norm of the point.
Diagnosis JudgeStationaryPoint(const Spectrum& spectrum, double point_norm);

// Updates that it is worth to look ahead after `step` updates: a share of them; none for a short run.
int64_t LookAheadSteps(int64_t step);

// Turns a run further and looks whether it goes round: `advance` takes an update and returns the objective before it,
// `point` is where the run is. At most `steps` updates, and a few when the run still goes somewhere. A cycle it is when
// its extent and its place stay while the objective does not fall. The caller puts the run back.
template <typename T>
std::optional<Diagnosis> FindLimitCycle(int64_t steps, absl::FunctionRef<double()> advance,
                                        absl::FunctionRef<absl::Span<const T>()> point);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_DIAGNOSIS_H_
