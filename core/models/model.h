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
#include "core/data/features.h"
#include "core/training/parameter_layout.h"

namespace descent::core {

// What a model keeps in a workspace besides buffers.
struct ModelScratch {
  virtual ~ModelScratch() = default;
};

// Scratch memory of one thread for one model. Made once, so that a step allocates nothing.
template <typename T>
struct Workspace {
  std::vector<AlignedVector<T>> buffers;
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
  // For chunks of up to `max_rows` rows.
  virtual Workspace<T> MakeWorkspace(int64_t max_rows) const = 0;

  // outputs [rows, output_width] = model(features [rows, features]). Keeps in `workspace` what Backward needs.
  virtual void Forward(absl::Span<const T> parameters, int64_t rows, const T* features, Workspace<T>* workspace,
                       T* outputs) const = 0;
  // Adds to `gradient` the derivative of sum_r sum_k derivatives[r][k] * outputs[r][k] by the parameters, for the rows
  // of the last Forward with this workspace. May overwrite `derivatives`.
  virtual void Backward(absl::Span<const T> parameters, int64_t rows, const T* features, T* derivatives,
                        Workspace<T>* workspace, absl::Span<T> gradient) const = 0;
};

// What a model is built for.
struct ModelInput {
  std::vector<std::string> feature_names;
  int64_t output_width = 1;  // 1, or the number of classes under a multiclass loss
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
};

// All models, in the order of the documentation.
absl::Span<const ModelInfo* const> Models();

// The row of a kind, or null.
const ModelInfo* FindModel(absl::string_view name);

template <typename T>
std::unique_ptr<Model<T>> MakeModel(const Config& config, const ModelInput& input);

}  // namespace descent::core

#endif  // DESCENT_CORE_MODELS_MODEL_H_
