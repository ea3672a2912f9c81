#include <memory>

#include "core/losses/kinds.h"
#include "core/losses/margin.h"

namespace descent::core {
namespace {

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& /*config*/) {
  return std::make_unique<OneVersusRestLoss<T, SquaredHinge<T>>>();
}

}  // namespace

const constinit LossInfo kMulticlassSquaredHingeLoss = {
    .kind = {.name = "multiclass_squared_hinge",
             .summary = "The squared hinge of each class against all others; summed over the classes.",
             .formula = "sum_k max(0, 1 - t_k*z_k)^2, t_k = 1 for the class of the row and -1 for all others",
             .reference = "Rifkin and Klautau, \"In defense of one-vs-all classification\", Journal of Machine "
                          "Learning Research 5, 2004",
             .fields = {}},
    .task = Task::kMulticlass,
    .link = Link::kMargin,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
