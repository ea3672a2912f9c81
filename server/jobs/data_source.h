// Datasets as jobs see them. The composition root puts the dataset manager behind it.
#ifndef DESCENT_SERVER_JOBS_DATA_SOURCE_H_
#define DESCENT_SERVER_JOBS_DATA_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/data/table.h"

namespace descent::jobs {

// Thread-safety: all methods, any thread.
class DataSource {
 public:
  virtual ~DataSource() = default;
  // Present version of an owner's dataset. RESOURCE_NOT_FOUND with the nearest name.
  virtual absl::StatusOr<std::string> Version(const std::string& owner, const std::string& dataset) = 0;
  // The contents of a version.
  virtual absl::StatusOr<std::shared_ptr<const core::Table>> Load(const std::string& version) = 0;
};

}  // namespace descent::jobs

#endif  // DESCENT_SERVER_JOBS_DATA_SOURCE_H_
