// Tables, schemas and what is found in files, between the wire and core.
#ifndef DESCENT_SERVER_CONVERT_DATASET_H_
#define DESCENT_SERVER_CONVERT_DATASET_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "core/base/errors.h"
#include "core/data/inline_table.h"
#include "core/data/read_result.h"
#include "core/data/schema.h"
#include "descent/v1/dataset.pb.h"
#include "descent/v1/dataset_service.pb.h"
#include "server/datasets/dataset_manager.h"

namespace descent::convert {

// The format of InspectUploadRequest or CreateDatasetRequest, from `format` or `libsvm_format`; none when it is to be
// guessed.
std::optional<core::TextFormat> FormatFromProto(const v1::InspectUploadRequest& proto, core::Violations* violations);
std::optional<core::TextFormat> FormatFromProto(const v1::CreateDatasetRequest& proto, core::Violations* violations);

core::Schema SchemaFromProto(const v1::Schema& proto, absl::string_view path, core::Violations* violations);
v1::Schema SchemaToProto(const core::Schema& schema);

core::InlineRows RowsFromProto(const v1::Table& proto);
void StatisticsToProto(const core::ColumnStatistics& statistics, v1::ColumnStatistics* proto);
void ProblemToProto(const core::DataProblem& problem, v1::DataProblem* proto);

void UploadToProto(const datasets::UploadInfo& info, v1::Upload* proto);
void InspectionToProto(const datasets::Inspection& inspection, v1::UploadInspection* proto);
// `full` adds the statistics.
void DatasetToProto(const datasets::DatasetView& view, bool full, v1::Dataset* proto);

}  // namespace descent::convert

#endif  // DESCENT_SERVER_CONVERT_DATASET_H_
