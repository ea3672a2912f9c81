#include <memory>

#include "core/models/affine.h"
#include "core/models/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Boolean("bias", "Whether there is a bias.", true),
};

constexpr absl::string_view kFittingLosses[] = {"logistic", "focal", "hinge", "squared_hinge"};

template <typename T>
std::unique_ptr<Model<T>> Make(const Config& config, const ModelInput& input) {
  return std::make_unique<AffineModel<T>>(config, input, /*is_scalar=*/true);
}

double Gain(const Config& /*config*/) { return 1; }

}  // namespace

const constinit ModelInfo kLogisticModel = {
    .kind = {.name = "logistic",
             .summary = "Two classes apart: logistic regression, or a linear support vector machine under hinge and "
                        "squared_hinge.",
             .formula =
                 "P(y=1) = 1/(1 + exp(-z)), z = w.x + b; under a hinge y = 1 if z >= 0; tensors weight [features], "
                 "bias []",
             .reference = "Cox, \"The regression analysis of binary sequences\", Journal of the Royal Statistical "
                          "Society B 20, 1958",
             .fields = kFields},
    .losses = kFittingLosses,
    .default_initializer = "zeros",
    .make_double = Make<double>,
    .make_float = Make<float>,
    .gain = Gain,
    .is_linear_output = true,
    .has_sparse_gradient = true};

}  // namespace descent::core
