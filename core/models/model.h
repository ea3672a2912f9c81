// What maps features to outputs. One file a kind; models.cc lists them.
#ifndef DESCENT_CORE_MODELS_MODEL_H_
#define DESCENT_CORE_MODELS_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/base/aligned.h"
#include "core/base/fields.h"
#include "core/data/matrix.h"
#include "core/training/parameter_layout.h"

namespace descent::core {

// What a pass over rows is for. What is drawn at random in training is a function of seed, step and place in the batch.
struct Pass {
  bool training = false;  // dropout drops units only then
  uint64_t seed = 0;
  int64_t step = 0;
  int64_t first_row = 0;  // place of the first row in the batch
};

// What a model keeps in a workspace besides buffers.
struct ModelScratch {
  virtual ~ModelScratch() = default;
};

// Scratch memory of one thread for one model. Made once, so that a step allocates nothing.
template <typename T>
struct Workspace {
  std::vector<AlignedVector<T>> buffers;
  bool training = false;              // of the last Forward
  std::unique_ptr<ModelScratch> own;  // null for most
};

// The shape of a model: no parameters inside. T is float or double. All matrices are row-major and start at a 64-byte
// boundary. Thread-safety: immutable; each thread has its own Workspace.
template <typename T>
class Model {
 public:
  virtual ~Model() = default;

  virtual const ParameterLayout& layout() const = 0;
  // Outputs a row.
  virtual int64_t output_width() const = 0;
  // Whether a training pass draws at random, so that its outputs are not those of an evaluation.
  virtual bool is_random() const { return false; }
  // Units between layers; none for most models.
  virtual int64_t hidden_units() const { return 0; }
  // Sets a unit's mark, of [hidden_units], where its slope is not 0 in some row of the last Forward with this
  // workspace.
  virtual void MarkLiveUnits(int64_t /*rows*/, const Workspace<T>& /*workspace*/, absl::Span<char> /*live*/) const {}
  // For chunks of up to `max_rows` rows.
  virtual Workspace<T> MakeWorkspace(int64_t max_rows) const = 0;
  // For Tangent and AddHessianProduct.
  virtual Workspace<T> MakeTangentWorkspace(int64_t max_rows) const = 0;

  // outputs [rows, output_width] = model(rows). Keeps in `workspace` what Backward needs.
  virtual void Forward(const Pass& pass, absl::Span<const T> parameters, const FeatureRows<T>& rows,
                       Workspace<T>* workspace, T* outputs) const = 0;
  // Adds to `gradient` the derivative of sum_r sum_k derivatives[r][k] * outputs[r][k] by the parameters, for the rows
  // of the last Forward with this workspace. May overwrite `derivatives`.
  virtual void Backward(absl::Span<const T> parameters, const FeatureRows<T>& rows, T* derivatives,
                        Workspace<T>* workspace, absl::Span<T> gradient) const = 0;

  // For models with ModelInfo.has_sparse_gradient: adds to `support` the parameters that the gradient of such sparse
  // rows can be not 0 at and whose mark, of [parameters], is not set, and sets their marks.
  virtual void AddSupport(const FeatureRows<T>& /*rows*/, absl::Span<char> /*marks*/,
                          std::vector<int64_t>* /*support*/) const {}

  // The one output of each row and its derivatives by the parameters, one parameter after another: that of row r by
  // parameter p at jacobian[p * stride + r]; `rows` are dense. False, and nothing done, where Forward and Backward of
  // single rows are the way to them. For models with one output.
  virtual bool Jacobian(absl::Span<const T> /*parameters*/, const FeatureRows<T>& /*rows*/, int64_t /*stride*/,
                        Workspace<T>* /*workspace*/, T* /*outputs*/, T* /*jacobian*/) const {
    return false;
  }

  // Second derivatives, exactly (Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6, 1994).
  // After Forward, with v a direction in parameter space:
  //   model.Tangent(p, v, ..., changes);                        // of the outputs along v
  //   loss.Evaluate(..., derivatives); loss.MultiplyByHessian(..., changes, derivative_changes);
  //   model.AddHessianProduct(p, v, ..., derivatives, derivative_changes, ..., product);  // of the sum of the losses
  // Where an activation has a kink, its second derivative counts as that of one side.

  // changes [rows, output_width] = (d outputs / d parameters) direction. Keeps in `tangents` what follows needs.
  virtual void Tangent(absl::Span<const T> parameters, absl::Span<const T> direction, const FeatureRows<T>& rows,
                       const Workspace<T>& workspace, Workspace<T>* tangents, T* changes) const = 0;
  // Adds to `product` the change along `direction` of what Backward adds to the gradient, when the outputs' derivatives
  // change by `derivative_changes`. May overwrite both matrices of derivatives.
  virtual void AddHessianProduct(absl::Span<const T> parameters, absl::Span<const T> direction,
                                 const FeatureRows<T>& rows, T* derivatives, T* derivative_changes,
                                 const Workspace<T>& workspace, Workspace<T>* tangents,
                                 absl::Span<T> product) const = 0;
};

// What a model is built for.
struct ModelInput {
  int64_t features = 0;
  std::vector<std::string> feature_names;  // one a feature, or none
  int64_t output_width = 1;                // targets, or classes under a multiclass loss
};

// A row of the model table.
struct ModelInfo {
  KindInfo kind;
  absl::Span<const absl::string_view> losses;  // names of the losses that fit, the default first
  absl::string_view default_initializer;       // `zeros`, `kaiming`
  std::unique_ptr<Model<double>> (*make_double)(const Config& config, const ModelInput& input);
  std::unique_ptr<Model<float>> (*make_float)(const Config& config, const ModelInput& input);
  // Gain that suits the activation, for Kaiming; 1 when there is none.
  double (*gain)(const Config& config);
  // Whether the model is one output w.x + b for each target: with one target the parameters are the weights, one a
  // feature, then the bias if there is one.
  bool is_linear_output = false;
  // Whether sparse rows give gradients that are 0 at the parameters of features that they do not have: AddSupport.
  bool has_sparse_gradient = false;
  // The field whose choice makes slopes jump somewhere, so that second derivatives do not tell what a point is; empty
  // when none does. Null: slopes never jump.
  absl::string_view (*kinked_field)(const Config& config) = nullptr;
};

// All models, in the order of the documentation.
absl::Span<const ModelInfo* const> Models();

// The row of a kind, or null.
const ModelInfo* FindModel(absl::string_view name);

// ModelInfo.kinked_field of a model's config.
absl::string_view KinkedFieldOf(const Config& config);

template <typename T>
std::unique_ptr<Model<T>> MakeModel(const Config& config, const ModelInput& input);

}  // namespace descent::core

#endif  // DESCENT_CORE_MODELS_MODEL_H_
