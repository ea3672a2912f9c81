// Predictors of jobs, made when they are first asked for.
#ifndef DESCENT_SERVER_MODELS_PREDICTOR_CACHE_H_
#define DESCENT_SERVER_MODELS_PREDICTOR_CACHE_H_

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "core/base/mutex.h"
#include "core/training/job_spec.h"
#include "core/training/predictor.h"
#include "core/training/trainer.h"

namespace descent::models {

// Keeps the most recently used predictors. Thread-safety: all methods, any thread.
class PredictorCache {
 public:
  explicit PredictorCache(size_t capacity) : capacity_(capacity) {}

  // The predictor of a job's spec; `data` is called when it is not in the cache. INVALID_FIELD on
  // `job` when the job fits no model.
  absl::StatusOr<std::shared_ptr<const core::Predictor>> Get(
      const std::string& uid, const core::JobSpec& spec,
      const std::function<absl::StatusOr<core::TrainingData>()>& data);

 private:
  using Entry = std::pair<std::string, std::shared_ptr<const core::Predictor>>;

  const size_t capacity_;
  core::Mutex mu_;
  std::list<Entry> entries_ ABSL_GUARDED_BY(mu_);  // most recent first
};

}  // namespace descent::models

#endif  // DESCENT_SERVER_MODELS_PREDICTOR_CACHE_H_
