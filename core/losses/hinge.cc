#include <memory>

#include "core/losses/kinds.h"
#include "core/losses/margin.h"

namespace descent::core {
namespace {

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& /*config*/) {
  return MakePointwise<T>(Hinge<T>{});
}

}  // namespace

const constinit LossInfo kHingeLoss = {
    .kind = {.name = "hinge",
             .summary = "Two classes told apart with a margin: linear support vector machine.",
             .formula = "max(0, 1 - t*z), t = 1 for class 1 and -1 for class 0, with derivative 0 at t*z = 1",
             .reference = "Cortes and Vapnik, \"Support-vector networks\", Machine Learning 20, 1995",
             .fields = {}},
    .task = Task::kBinary,
    .link = Link::kMargin,
    .has_kinks = true,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
