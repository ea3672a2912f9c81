// What is known of a dataset besides its cells, and its encoding in the store.
#ifndef DESCENT_SERVER_DATASETS_DATASET_FACTS_H_
#define DESCENT_SERVER_DATASETS_DATASET_FACTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/data/schema.h"

namespace descent::datasets {

struct DatasetFacts {
  core::Schema schema;
  std::vector<core::ColumnStatistics> statistics;  // one a column
  std::optional<core::TextFormat> format;          // none for inline rows
};

std::string EncodeFacts(const DatasetFacts& facts);
// STORED_DATA_DAMAGED for anything that EncodeFacts did not write.
absl::StatusOr<DatasetFacts> DecodeFacts(absl::string_view bytes);

}  // namespace descent::datasets

#endif  // DESCENT_SERVER_DATASETS_DATASET_FACTS_H_
