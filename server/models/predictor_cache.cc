#include "server/models/predictor_cache.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "core/base/errors.h"
#include "core/base/status.h"

namespace descent::models {

absl::StatusOr<std::shared_ptr<const core::Predictor>> PredictorCache::Get(
    const std::string& uid, const core::JobSpec& spec,
    const std::function<absl::StatusOr<core::TrainingData>()>& data) {
  if (!core::TrainsOnData(spec)) {
    return core::InvalidField("job",
                              "minimises a function, so it has no model; read its parameters with GetParameters");
  }
  {
    core::MutexLock lock(&mu_);
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.first == uid; });
    if (found != entries_.end()) {
      entries_.splice(entries_.begin(), entries_, found);
      return found->second;
    }
  }
  DESCENT_ASSIGN_OR_RETURN(const core::TrainingData loaded, data());
  DESCENT_ASSIGN_OR_RETURN(std::shared_ptr<const core::Predictor> predictor, core::Predictor::Create(spec, loaded));
  core::MutexLock lock(&mu_);
  entries_.emplace_front(uid, predictor);
  if (entries_.size() > capacity_) entries_.pop_back();
  return predictor;
}

}  // namespace descent::models
