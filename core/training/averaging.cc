#include "core/training/averaging.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace descent::core {
namespace {

constexpr FieldInfo kEmaFields[] = {
    Number("decay", "Share of the average that each step keeps.", 0.999, Range{0, 1, true, true}),
    Integer("start", "First step whose parameters are averaged.", 1, AtLeast(1), "steps"),
};
constexpr KindInfo kEma = {
    .name = "ema",
    .summary = "Exponential moving average of the parameters, debiased: early points are not drawn to 0.",
    .formula = "a += (1-decay)/(1-decay^n) * (x - a) at the n-th averaged point, n from 1",
    .reference =
        "Polyak and Juditsky, \"Acceleration of stochastic approximation by averaging\", 1992; the debiasing "
        "of Kingma and Ba, arXiv:1412.6980, section 3",
    .fields = kEmaFields};

constexpr FieldInfo kSwaFields[] = {
    OptionalInteger("start", "First step whose parameters are averaged; unset: three quarters of the step budget.",
                    AtLeast(1), "steps"),
    Integer("every", "Steps from one averaged point to the next.", 1, AtLeast(1), "steps"),
};
constexpr KindInfo kSwa = {
    .name = "swa",
    .summary = "Stochastic weight averaging: the mean of points at regular steps late in the run.",
    .formula = "a += (x - a)/n at the n-th averaged point, n from 1",
    .reference =
        "Izmailov et al., \"Averaging weights leads to wider optima and better generalization\", UAI 2018, "
        "arXiv:1803.05407",
    .fields = kSwaFields};

constexpr FieldInfo kPolyakFields[] = {
    OptionalInteger("start", "First step whose parameters are averaged; unset: half of the step budget.", AtLeast(1),
                    "steps"),
};
constexpr KindInfo kPolyak = {
    .name = "polyak",
    .summary = "Polyak-Ruppert tail average: the mean of all points from a step on.",
    .formula = "a += (x - a)/n at the n-th averaged point, n from 1",
    .reference =
        "Polyak and Juditsky, \"Acceleration of stochastic approximation by averaging\", SIAM Journal on "
        "Control and Optimization 30, 1992",
    .fields = kPolyakFields};

constexpr const KindInfo* kAverages[] = {&kEma, &kSwa, &kPolyak};

}  // namespace

absl::Span<const KindInfo* const> Averages() { return kAverages; }

Averager::Averager(const Config& config) {
  if (config.info() == nullptr) return;
  averages_ = true;
  start_ = config.integer("start");
  if (config.info()->FindField("every") != nullptr) every_ = config.integer("every");
  if (config.info()->FindField("decay") != nullptr) decay_ = config.number("decay");
}

double Averager::Weight(int64_t count) const {
  const double n = static_cast<double>(count);
  // expm1 keeps the digits of 1 - decay^n where decay is close to 1.
  return decay_ == 0 ? 1 / n : (1 - decay_) / -std::expm1(n * std::log(decay_));
}

template <typename T>
void Averager::Observe(int64_t step, const AlignedVector<T>& parameters, AlignedVector<T>* average) const {
  if (!averages_ || step < start_ || (step - start_) % every_ != 0) return;
  const int64_t count = (step - start_) / every_ + 1;
  if (count == 1) {
    average->assign(parameters.begin(), parameters.end());
    return;
  }
  const T weight = static_cast<T>(Weight(count));
  const T* __restrict x = parameters.data();
  T* __restrict a = average->data();
  const size_t size = parameters.size();
  for (size_t i = 0; i < size; ++i) a[i] += weight * (x[i] - a[i]);
}

template void Averager::Observe(int64_t, const AlignedVector<float>&, AlignedVector<float>*) const;
template void Averager::Observe(int64_t, const AlignedVector<double>&, AlignedVector<double>*) const;

}  // namespace descent::core
