#include <memory>

#include "core/models/affine.h"
#include "core/models/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Boolean("bias", "Whether there is a bias.", true),
};

constexpr absl::string_view kFittingLosses[] = {"squared",  "half_squared", "absolute", "huber", "smooth_l1",
                                                "log_cosh", "quantile",     "poisson",  "gamma", "tweedie"};

template <typename T>
std::unique_ptr<Model<T>> Make(const Config& config, const ModelInput& input) {
  return std::make_unique<AffineModel<T>>(config, input, /*is_scalar=*/input.output_width == 1);
}

double Gain(const Config& /*config*/) { return 1; }

}  // namespace

const constinit ModelInfo kLinearModel = {
    .kind = {.name = "linear",
             .summary =
                 "A weighted sum of the features: linear regression, and Poisson, gamma and Tweedie regression under "
                 "the losses of that name.",
             .formula = "f(x) = w.x + b, under poisson, gamma and tweedie exp(w.x + b); tensors weight [features], "
                        "bias []; with several targets weight [targets, features], bias [targets]",
             .reference = "Hastie, Tibshirani and Friedman, \"The Elements of Statistical Learning\", chapter 3",
             .fields = kFields},
    .losses = kFittingLosses,
    .default_initializer = "zeros",
    .make_double = Make<double>,
    .make_float = Make<float>,
    .gain = Gain,
    .is_linear_output = true,
    .has_sparse_gradient = true};

}  // namespace descent::core
