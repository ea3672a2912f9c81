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
double MeanLoss(const Loss<T>& loss, const std::vector<double>& outputs, const Matrix<T>& rows) {
  constexpr int64_t kChunkRows = 256;
  const auto width = static_cast<int64_t>(outputs.size());
  AlignedVector<T> repeated(static_cast<size_t>(kChunkRows * width));
  for (size_t i = 0; i < repeated.size(); ++i) repeated[i] = static_cast<T>(outputs[i % outputs.size()]);
  double sum = 0;
  for (int64_t row = 0; row < rows.rows; row += kChunkRows) {
    const int64_t count = std::min(kChunkRows, rows.rows - row);
    sum += loss.Evaluate(count, width, repeated.data(), rows.targets.data() + row * rows.target_width,
                         rows.weights.empty() ? nullptr : rows.weights.data() + row, /*derivatives=*/nullptr);
  }
  return sum / static_cast<double>(rows.rows);
}

// The share of all weights that falls on each class.
template <typename T>
std::vector<double> ClassShares(size_t classes, const Matrix<T>& rows) {
  const double total = static_cast<double>(rows.rows);
  std::vector<double> shares(classes, 0.0);
  for (size_t i = 0; i < rows.targets.size(); ++i) {
    shares[static_cast<size_t>(rows.targets[i])] += rows.WeightOf(i) / total;
  }
  return shares;
}

// Of one target, by weight.
template <typename T>
double Median(size_t target, const Matrix<T>& rows) {
  const auto width = static_cast<size_t>(rows.target_width);
  std::vector<size_t> order(static_cast<size_t>(rows.rows));
  std::iota(order.begin(), order.end(), size_t{0});
  const auto value = [&](size_t row) { return static_cast<double>(rows.targets[row * width + target]); };
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return value(a) < value(b); });
  const double half = static_cast<double>(rows.rows) / 2;
  double below = 0;
  for (const size_t row : order) {
    below += rows.WeightOf(row);
    if (below > half) return value(row);
  }
  return value(order.back());
}

// Of each target its mean, its median, and the mean's logarithm for losses whose output is one.
template <typename T>
std::vector<std::vector<double>> RegressionConstants(const Matrix<T>& rows) {
  const auto width = static_cast<size_t>(rows.target_width);
  const double total = static_cast<double>(rows.rows);
  std::vector<double> means(width, 0.0);
  std::vector<double> medians;
  for (size_t i = 0; i < rows.targets.size(); ++i) {
    const double weight = rows.WeightOf(i / width);
    means[i % width] += weight * static_cast<double>(rows.targets[i]);
  }
  for (size_t k = 0; k < width; ++k) {
    means[k] /= total;
    medians.push_back(Median(k, rows));
  }
  std::vector<std::vector<double>> constants = {means, medians};
  if (*std::min_element(means.begin(), means.end()) > 0) {
    for (double& mean : means) mean = std::log(mean);
    constants.push_back(means);
  }
  return constants;
}

template <typename T>
std::vector<std::vector<double>> Constants(Task task, int64_t width, const Matrix<T>& rows) {
  if (task == Task::kRegression) return RegressionConstants(rows);
  std::vector<double> shares = ClassShares(task == Task::kBinary ? 2 : static_cast<size_t>(width), rows);
  if (task == Task::kBinary) return {{std::log(shares[1] / (1 - shares[1]))}, {1}, {-1}};
  for (double& share : shares) share = std::log(std::max(share, 1e-300));
  return {shares};
}

}  // namespace

template <typename T>
std::optional<Advice> AdviseOnScales(const Matrix<T>& matrix, absl::Span<const std::string> names) {
  std::vector<double> squares(static_cast<size_t>(matrix.columns), 0.0);
  for (int64_t row = 0; row < matrix.rows; ++row) {
    matrix.AllRows().ForEachIn(row, matrix.columns, [&squares](int64_t column, T x) {
      squares[static_cast<size_t>(column)] += static_cast<double>(x) * static_cast<double>(x);
    });
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
double ConstantLoss(const Loss<T>& loss, Task task, int64_t width, const Matrix<T>& rows) {
  double least = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& constant : Constants(task, width, rows)) {
    const double mean = MeanLoss(loss, constant, rows);
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
template double ConstantLoss(const Loss<float>&, Task, int64_t, const Matrix<float>&);
template double ConstantLoss(const Loss<double>&, Task, int64_t, const Matrix<double>&);

}  // namespace descent::core
