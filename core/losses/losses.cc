#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <type_traits>

#include "core/losses/kinds.h"
#include "core/losses/loss.h"

namespace descent::core {
namespace {

constexpr std::array<const LossInfo*, 18> kLosses = {
    // Regression.
    &kSquaredLoss, &kHalfSquaredLoss, &kAbsoluteLoss, &kHuberLoss, &kSmoothL1Loss, &kLogCoshLoss, &kQuantileLoss,
    &kPoissonLoss, &kGammaLoss, &kTweedieLoss,
    // Two classes.
    &kLogisticLoss, &kFocalLoss, &kHingeLoss, &kSquaredHingeLoss,
    // Several classes.
    &kCrossEntropyLoss, &kMulticlassFocalLoss, &kMulticlassHingeLoss, &kMulticlassSquaredHingeLoss};

}  // namespace

absl::Span<const LossInfo* const> Losses() { return kLosses; }

const LossInfo* FindLoss(absl::string_view name) {
  for (const LossInfo* info : kLosses) {
    if (info->kind.name == name) return info;
  }
  return nullptr;
}

template <typename T>
std::unique_ptr<Loss<T>> MakeLoss(const Config& config) {
  for (const LossInfo* info : kLosses) {
    if (&info->kind != config.info()) continue;
    if constexpr (std::is_same_v<T, double>) {
      return info->make_double(config);
    } else {
      return info->make_float(config);
    }
  }
  std::abort();
}

void PredictFromOutputs(Link link, absl::Span<double> outputs) {
  if (link != Link::kLog) return;
  for (double& output : outputs) output = std::exp(output);
}

template std::unique_ptr<Loss<double>> MakeLoss(const Config& config);
template std::unique_ptr<Loss<float>> MakeLoss(const Config& config);

}  // namespace descent::core
