// Datasets in words and tables.
#ifndef DESCENT_CLIENT_CLI_DATASET_TEXT_H_
#define DESCENT_CLIENT_CLI_DATASET_TEXT_H_

#include <google/protobuf/repeated_field.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "descent/v1/dataset_service.pb.h"

namespace descent::cli {

// A dataset as fields and a table of its columns.
std::string DatasetText(const v1::Dataset& dataset);
// One line a dataset.
std::string DatasetListText(const v1::ListDatasetsResponse& datasets);
// What InspectUpload found: format, columns, the first rows.
std::string InspectionText(const v1::UploadInspection& inspection);
// `iris.csv:12:5: sepal: ...` a line each, and how many are not shown.
std::string ProblemsText(const std::string& file, const v1::UploadInspection& inspection);

// What the flags of `dataset upload` say of a file.
struct SchemaFlags {
  std::vector<std::string> targets;
  std::string weight;
  std::vector<std::string> ignored;
  std::vector<std::string> types;  // `COL=numeric`, `COL=categorical`
  std::string positive_class;
  std::string format;     // `csv`, `libsvm`; empty: guessed
  std::string delimiter;  // one character, or `tab`
  bool no_header = false;
  bool zero_based = false;
  int64_t width = 0;  // of libsvm rows; 0: the largest index
};

// The columns that the flags speak of. A positive class without --target stays out: see AddPositiveClass.
absl::StatusOr<v1::Schema> MakeSchema(const SchemaFlags& flags);
// Sets `format` or `libsvm_format` when the flags tell which.
absl::Status SetFormat(const SchemaFlags& flags, v1::InspectUploadRequest* request);
absl::Status SetFormat(const SchemaFlags& flags, v1::CreateDatasetRequest* request);
// Gives the positive class to the target, which `inspected` names when the flags do not.
absl::Status AddPositiveClass(const SchemaFlags& flags, const v1::Schema& inspected, v1::Schema* schema);

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_DATASET_TEXT_H_
