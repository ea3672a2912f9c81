#include "core/training/advice.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "core/base/format.h"

namespace descent::core {
namespace {

// Ratio of scales from which the advice is given: a condition number of 10^4.
constexpr double kBadRatio = 100;
constexpr int kDigits = 3;

std::string Text(double value) { return RoundedText(value, kDigits); }

// Mean loss of one vector of outputs for all rows.
template <typename T>
double MeanLoss(const Loss<T>& loss, const std::vector<double>& outputs, absl::Span<const T> targets) {
  constexpr int64_t kChunkRows = 256;
  const auto width = static_cast<int64_t>(outputs.size());
  AlignedVector<T> repeated(static_cast<size_t>(kChunkRows * width));
  for (size_t i = 0; i < repeated.size(); ++i) repeated[i] = static_cast<T>(outputs[i % outputs.size()]);
  const auto rows = static_cast<int64_t>(targets.size());
  double sum = 0;
  for (int64_t row = 0; row < rows; row += kChunkRows) {
    const int64_t count = std::min(kChunkRows, rows - row);
    sum += loss.Evaluate(count, width, repeated.data(), targets.data() + row, /*derivatives=*/nullptr);
  }
  return sum / static_cast<double>(rows);
}

template <typename T>
std::vector<std::vector<double>> Constants(Task task, int64_t width, absl::Span<const T> targets) {
  const double rows = static_cast<double>(targets.size());
  if (task == Task::kMulticlass) {
    std::vector<double> logits(static_cast<size_t>(width), 0.0);
    for (const T target : targets) logits[static_cast<size_t>(target)] += 1 / rows;
    for (double& value : logits) value = std::log(std::max(value, 1e-300));
    return {logits};
  }
  const double mean = std::accumulate(targets.begin(), targets.end(), 0.0) / rows;
  if (task == Task::kBinary) return {{std::log(mean / (1 - mean))}, {1}, {-1}};
  std::vector<T> sorted(targets.begin(), targets.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  std::vector<std::vector<double>> constants = {{mean}, {static_cast<double>(*middle)}};
  // Of losses whose output is a logarithm.
  if (mean > 0) constants.push_back({std::log(mean)});
  return constants;
}

}  // namespace

template <typename T>
std::optional<Advice> AdviseOnScales(const Matrix<T>& matrix, absl::Span<const std::string> names) {
  std::vector<double> squares(static_cast<size_t>(matrix.columns), 0.0);
  for (int64_t row = 0; row < matrix.rows; ++row) {
    for (int64_t column = 0; column < matrix.columns; ++column) {
      const auto value = static_cast<double>(matrix.values[static_cast<size_t>(row * matrix.columns + column)]);
      squares[static_cast<size_t>(column)] += value * value;
    }
  }
  size_t least = squares.size();
  size_t greatest = squares.size();
  for (size_t i = 0; i < squares.size(); ++i) {
    if (!(squares[i] > 0)) continue;
    if (least == squares.size() || squares[i] < squares[least]) least = i;
    if (greatest == squares.size() || squares[i] > squares[greatest]) greatest = i;
  }
  if (least == squares.size()) return std::nullopt;
  const double ratio = std::sqrt(squares[greatest] / squares[least]);
  if (!(ratio >= kBadRatio)) return std::nullopt;
  const auto scale = [&](size_t i) { return Text(std::sqrt(squares[i] / static_cast<double>(matrix.rows))); };
  return Advice{.code = "FEATURES_BADLY_SCALED",
                .message = absl::StrCat("The features differ in scale by a factor of ", Text(ratio), " (",
                                        names[greatest], ": ", scale(greatest), ", ", names[least], ": ", scale(least),
                                        "), so the condition number is at least ", Text(ratio * ratio),
                                        " and gradient descent takes about as many steps; set "
                                        "problem.dataset.preprocessing.scaling to standardize."),
                .step = 0};
}

std::optional<Advice> AdviseOnRate(const Config& optimizer, double curvature) {
  if (optimizer.name() != "sgd" || !(curvature > 0)) return std::nullopt;
  const double momentum = optimizer.number("momentum");
  const bool nesterov = optimizer.boolean("nesterov");
  const double limit = 2 * (1 + momentum) / (nesterov ? 1 + 2 * momentum : 1) / curvature;
  const double rate = optimizer.number("learning_rate") * (1 - (momentum > 0 ? optimizer.number("dampening") : 0));
  if (!(rate > limit)) return std::nullopt;
  const absl::string_view formula = nesterov       ? "2(1+momentum)/((1+2 momentum)L)"
                                    : momentum > 0 ? "2(1+momentum)/L"
                                                   : "2/L";
  return Advice{.code = "RATE_ABOVE_LIMIT",
                .message = absl::StrCat("The learning rate ", Text(rate), " is above ", formula, " = ", Text(limit),
                                        ", where L = ", Text(curvature),
                                        " is the greatest curvature at the start: steps overshoot and may grow; try ",
                                        Text(limit / 2), "."),
                .step = 0};
}

Advice AdviseOnRollback(const Termination& termination, int64_t good_step, double factor) {
  return {.code = "ROLLED_BACK",
          .message = absl::StrCat(termination.message, " The guard goes back to the state of step ", good_step,
                                  "; the learning rate is ", RoundedText(factor, 6), " of the spec's from now on."),
          .step = termination.step};
}

template <typename T>
double ConstantLoss(const Loss<T>& loss, Task task, int64_t width, absl::Span<const T> targets) {
  double least = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& constant : Constants(task, width, targets)) {
    const double mean = MeanLoss(loss, constant, targets);
    if (mean < least) least = mean;
  }
  return least;
}

std::optional<Advice> AdviseOnDeadUnits(int64_t step, int64_t dead, int64_t units) {
  if (10 * dead < units || dead == 0) return std::nullopt;
  return Advice{
      .code = "DEAD_UNITS",
      .message = absl::StrCat(dead, " of ", units,
                              " hidden units have slope 0 on every training row, so they learn no more; try a "
                              "smaller learning rate, another initialisation, or leaky_relu or gelu."),
      .step = step};
}

std::optional<Advice> AdviseOnLoss(int64_t step, double loss, double constant_loss) {
  if (!(loss > constant_loss)) return std::nullopt;
  return Advice{
      .code = "LOSS_ABOVE_CONSTANT",
      .message = absl::StrCat("The training loss ", RoundedText(loss, 6), " is above ", RoundedText(constant_loss, 6),
                              ", that of one constant prediction for all rows: nothing was learned; try another "
                              "learning rate, more steps or scaled features."),
      .step = step};
}

template std::optional<Advice> AdviseOnScales(const Matrix<float>&, absl::Span<const std::string>);
template std::optional<Advice> AdviseOnScales(const Matrix<double>&, absl::Span<const std::string>);
template double ConstantLoss(const Loss<float>&, Task, int64_t, absl::Span<const float>);
template double ConstantLoss(const Loss<double>&, Task, int64_t, absl::Span<const double>);

}  // namespace descent::core
