#include <memory>

#include "core/losses/kinds.h"
#include "core/losses/margin.h"

namespace descent::core {
namespace {

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& /*config*/) {
  return MakePointwise<T>(SquaredHinge<T>{});
}

}  // namespace

const constinit LossInfo kSquaredHingeLoss = {
    .kind = {.name = "squared_hinge",
             .summary = "The hinge squared: smooth, and rows far on the wrong side count more.",
             .formula = "max(0, 1 - t*z)^2, t = 1 for class 1 and -1 for class 0",
             .reference = "Chang, Hsieh and Lin, \"Coordinate descent method for large-scale L2-loss linear support "
                          "vector machines\", Journal of Machine Learning Research 9, 2008",
             .fields = {}},
    .task = Task::kBinary,
    .link = Link::kMargin,
    .most_curvature = 2,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
