#include <memory>

#include "core/models/affine.h"
#include "core/models/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Boolean("bias", "Whether there are biases.", true),
};

constexpr absl::string_view kFittingLosses[] = {"cross_entropy", "multiclass_focal", "multiclass_hinge",
                                                "multiclass_squared_hinge"};

template <typename T>
std::unique_ptr<Model<T>> Make(const Config& config, const ModelInput& input) {
  return std::make_unique<AffineModel<T>>(config, input, /*is_scalar=*/false);
}

double Gain(const Config& /*config*/) { return 1; }

}  // namespace

const constinit ModelInfo kSoftmaxModel = {
    .kind = {.name = "softmax",
             .summary =
                 "Several classes apart: softmax regression, or linear support vector machines, each class against "
                 "all others, under multiclass_hinge and multiclass_squared_hinge.",
             .formula = "P(y=k) = exp(z_k)/sum_j exp(z_j), z = W x + b; under a hinge y = argmax z; tensors weight "
                        "[classes, features], bias [classes]",
             .reference = "Bishop, \"Pattern Recognition and Machine Learning\", section 4.3.4",
             .fields = kFields},
    .losses = kFittingLosses,
    .default_initializer = "zeros",
    .make_double = Make<double>,
    .make_float = Make<float>,
    .gain = Gain,
    .has_sparse_gradient = true};

}  // namespace descent::core
