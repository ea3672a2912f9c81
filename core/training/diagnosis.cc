#include "core/training/diagnosis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/format.h"

namespace descent::core {
namespace {

constexpr int kDigits = 6;

// A curvature below this share of the greatest counts as 0.
constexpr double kFlatShare = 1e-8;
// A stationary point is near when Newton's step to it is shorter than this share of the point's norm, or of 1.
constexpr double kNear = 1e-3;

// Of a search for a cycle: windows that are compared, the updates that decide whether to look on, and how far a run may
// get in them for its path's length.
constexpr int64_t kLeastSteps = 256;  // of a run that is looked at
constexpr int64_t kLookAheadShare = 8;
constexpr int64_t kMostLookAhead = 1024;
constexpr int64_t kWindows = 4;
constexpr int64_t kFirstLook = 32;
constexpr double kGoesSomewhere = 0.25;
// How far extents of windows may differ, and their centres lie apart, relative to the extent.
constexpr double kExtentTolerance = 0.1;
constexpr double kDriftTolerance = 0.1;
// How far the mean objective may fall from the first window to the last, relative to its range in the first.
constexpr double kFallTolerance = 0.1;
// A run that stays within this share of its point's norm, or of 1, stands still but for rounding.
constexpr double kStandstill = 1e-9;
// A point is met again when it is this close, relative to the extent.
constexpr double kRecurrence = 1e-6;

template <typename T>
double Distance(absl::Span<const T> a, const std::vector<double>& b) {
  double squares = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - b[i];
    squares += difference * difference;
  }
  return std::sqrt(squares);
}

// What is known of a part of the path.
struct Window {
  std::vector<double> least;     // of each parameter
  std::vector<double> greatest;  // likewise
  double mean_objective = 0;
  double least_objective = std::numeric_limits<double>::infinity();
  double greatest_objective = -std::numeric_limits<double>::infinity();
  std::vector<double> centre;

  // The diagonal of the box around it, whatever the point it began with.
  double Extent() const {
    double squares = 0;
    for (size_t i = 0; i < least.size(); ++i) squares += (greatest[i] - least[i]) * (greatest[i] - least[i]);
    return std::sqrt(squares);
  }
};

bool IsCycle(const std::array<Window, kWindows>& windows, double start_norm) {
  const Window& first = windows.front();
  const Window& last = windows.back();
  const double extent = first.Extent();
  if (!(extent > kStandstill * (1 + start_norm)) || !std::isfinite(extent)) return false;
  for (const Window& window : windows) {
    if (!(std::abs(window.Extent() - extent) <= kExtentTolerance * extent)) return false;
  }
  double drift = 0;
  for (size_t i = 0; i < first.centre.size(); ++i) {
    drift += (first.centre[i] - last.centre[i]) * (first.centre[i] - last.centre[i]);
  }
  if (!(std::sqrt(drift) <= kDriftTolerance * extent)) return false;
  // Rounding moves means of equal values by some last digits.
  const double noise = 1e-12 * (std::abs(first.mean_objective) + std::abs(last.mean_objective));
  const double spread = first.greatest_objective - first.least_objective;
  return first.mean_objective - last.mean_objective <= kFallTolerance * spread + noise;
}

}  // namespace

std::string Diagnosis::Sentence() const {
  const std::string smallest = RoundedText(smallest_eigenvalue, kDigits);
  switch (verdict) {
    case Verdict::kMinimum:
      return absl::StrCat("Stationary: minimum, about ", RoundedText(newton_distance, 3), " away, smallest eigenvalue ",
                          smallest, ".");
    case Verdict::kFlatMinimum:
      return absl::StrCat("Stationary: flat minimum, smallest eigenvalue ", smallest,
                          "; along some direction the objective hardly changes.");
    case Verdict::kSaddle:
      return absl::StrCat("Stationary: saddle, smallest eigenvalue ", smallest, "; perturb the start.");
    case Verdict::kMaximum:
      return absl::StrCat("Stationary: maximum, smallest eigenvalue ", smallest, "; perturb the start.");
    case Verdict::kPlateau:
      return "Stationary: plateau, the gradient is small because the surface is flat, and no stationary point is near; "
             "start elsewhere, or use a larger learning rate.";
    case Verdict::kLimitCycle:
      return absl::StrCat("Limit cycle of ",
                          period > 0 ? absl::StrCat(period, period == 1 ? " point" : " points") : "no exact period",
                          " and extent ", RoundedText(diameter, kDigits),
                          ": the steps lead round and round; use a smaller or falling learning rate.");
  }
  return "";
}

void Diagnosis::Write(ByteWriter* writer) const {
  writer->PutU8(static_cast<uint8_t>(verdict));
  writer->PutDouble(smallest_eigenvalue);
  writer->PutDouble(largest_eigenvalue);
  writer->PutDouble(newton_distance);
  writer->PutI64(period);
  writer->PutDouble(diameter);
}

Diagnosis Diagnosis::Read(ByteReader* reader) {
  Diagnosis diagnosis;
  const uint8_t verdict = reader->GetU8();
  diagnosis.verdict = static_cast<Verdict>(std::clamp<uint8_t>(verdict, 1, static_cast<uint8_t>(Verdict::kLimitCycle)));
  diagnosis.smallest_eigenvalue = reader->GetDouble();
  diagnosis.largest_eigenvalue = reader->GetDouble();
  diagnosis.newton_distance = reader->GetDouble();
  diagnosis.period = reader->GetI64();
  diagnosis.diameter = reader->GetDouble();
  return diagnosis;
}

Diagnosis JudgeStationaryPoint(const Spectrum& spectrum, double point_norm) {
  Diagnosis diagnosis{.verdict = Verdict::kMinimum,
                      .smallest_eigenvalue = spectrum.smallest,
                      .largest_eigenvalue = spectrum.largest,
                      .newton_distance = spectrum.newton_distance,
                      .period = 0,
                      .diameter = 0};
  // Where every curvature is positive the surface leads to a minimum, though it may be some way off.
  const double flat = kFlatShare * spectrum.magnitude();
  if (spectrum.smallest > flat) return diagnosis;
  if (!(spectrum.newton_distance <= kNear * (1 + point_norm))) {
    diagnosis.verdict = Verdict::kPlateau;
  } else if (spectrum.smallest < -flat) {
    diagnosis.verdict = spectrum.largest > flat ? Verdict::kSaddle : Verdict::kMaximum;
  } else {
    diagnosis.verdict = Verdict::kFlatMinimum;
  }
  return diagnosis;
}

int64_t LookAheadSteps(int64_t step) {
  return step < kLeastSteps ? 0 : std::min(step / kLookAheadShare, kMostLookAhead);
}

template <typename T>
std::optional<Diagnosis> FindLimitCycle(int64_t steps, absl::FunctionRef<double()> advance,
                                        absl::FunctionRef<absl::Span<const T>()> point) {
  const int64_t window_steps = steps / kWindows;
  const std::vector<double> start(point().begin(), point().end());
  std::vector<double> before = start;
  std::array<Window, kWindows> windows;
  for (Window& window : windows) {
    window.centre.assign(start.size(), 0.0);
    window.least.assign(start.size(), std::numeric_limits<double>::infinity());
    window.greatest.assign(start.size(), -std::numeric_limits<double>::infinity());
  }
  double path = 0;
  double extent = 0;
  // Distances from the start, to find when it is met again.
  std::vector<double> distances;
  for (int64_t step = 0; step < window_steps * kWindows; ++step) {
    Window& window = windows[static_cast<size_t>(step / window_steps)];
    const double objective = advance();
    const absl::Span<const T> now = point();
    window.mean_objective += objective / static_cast<double>(window_steps);
    window.least_objective = std::min(window.least_objective, objective);
    window.greatest_objective = std::max(window.greatest_objective, objective);
    for (size_t i = 0; i < now.size(); ++i) {
      const double value = static_cast<double>(now[i]);
      window.centre[i] += value / static_cast<double>(window_steps);
      window.least[i] = std::min(window.least[i], value);
      window.greatest[i] = std::max(window.greatest[i], value);
    }
    path += Distance<T>(now, before);
    before.assign(now.begin(), now.end());
    distances.push_back(Distance<T>(now, start));
    extent = std::max(extent, distances.back());
    if (step + 1 == kFirstLook && !(distances.back() <= kGoesSomewhere * path)) return std::nullopt;
  }
  if (!IsCycle(windows, Distance<double>(start, std::vector<double>(start.size(), 0.0)))) return std::nullopt;
  Diagnosis diagnosis{.verdict = Verdict::kLimitCycle,
                      .smallest_eigenvalue = 0,
                      .largest_eigenvalue = 0,
                      .newton_distance = 0,
                      .period = 0,
                      .diameter = extent};
  const auto again = std::find_if(distances.begin(), distances.end(),
                                  [extent](double distance) { return distance <= kRecurrence * extent; });
  if (again != distances.end()) diagnosis.period = again - distances.begin() + 1;
  return diagnosis;
}

template std::optional<Diagnosis> FindLimitCycle<float>(int64_t, absl::FunctionRef<double()>,
                                                        absl::FunctionRef<absl::Span<const float>()>);
template std::optional<Diagnosis> FindLimitCycle<double>(int64_t, absl::FunctionRef<double()>,
                                                         absl::FunctionRef<absl::Span<const double>()>);

}  // namespace descent::core
