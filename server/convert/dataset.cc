#include "server/convert/dataset.h"

#include <optional>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "server/convert/job.h"

namespace descent::convert {

namespace {

core::CsvFormat CsvFormatFromProto(const v1::CsvFormat& proto, core::Violations* violations) {
  core::CsvFormat format;
  if (proto.has_delimiter()) {
    const bool is_character = proto.delimiter().size() == 1 && static_cast<unsigned char>(proto.delimiter()[0]) < 0x80;
    if (is_character) {
      format.delimiter = proto.delimiter()[0];
    } else {
      violations->Add("format.delimiter",
                      absl::StrCat("must be one ASCII character, was \"", proto.delimiter().substr(0, 20), "\""));
    }
  }
  if (proto.has_header()) format.header = proto.header();
  format.missing_tokens.assign(proto.missing_tokens().begin(), proto.missing_tokens().end());
  return format;
}

template <typename Request>
std::optional<core::TextFormat> FormatOf(const Request& proto, core::Violations* violations) {
  if (proto.has_format() && proto.has_libsvm_format()) {
    violations->Add("libsvm_format", "cannot be combined with format; a file is delimited text or libsvm text");
  }
  if (proto.has_format()) return CsvFormatFromProto(proto.format(), violations);
  if (!proto.has_libsvm_format()) return std::nullopt;
  core::LibsvmFormat format;
  if (proto.libsvm_format().has_zero_based()) format.zero_based = proto.libsvm_format().zero_based();
  return format;
}

// To `format` or `libsvm_format`.
template <typename Message>
void FormatToProto(const core::TextFormat& format, Message* proto) {
  if (const auto* libsvm = std::get_if<core::LibsvmFormat>(&format); libsvm != nullptr) {
    proto->mutable_libsvm_format()->set_zero_based(libsvm->zero_based.value_or(false));
    return;
  }
  const auto& csv = std::get<core::CsvFormat>(format);
  v1::CsvFormat* out = proto->mutable_format();
  if (csv.delimiter.has_value()) out->set_delimiter(std::string(1, *csv.delimiter));
  if (csv.header.has_value()) out->set_header(*csv.header);
  for (const std::string& token : csv.missing_tokens) out->add_missing_tokens(token);
}

}  // namespace

std::optional<core::TextFormat> FormatFromProto(const v1::InspectUploadRequest& proto, core::Violations* violations) {
  return FormatOf(proto, violations);
}

std::optional<core::TextFormat> FormatFromProto(const v1::CreateDatasetRequest& proto, core::Violations* violations) {
  return FormatOf(proto, violations);
}

core::Schema SchemaFromProto(const v1::Schema& proto, absl::string_view path, core::Violations* violations) {
  core::Schema schema;
  for (int i = 0; i < proto.columns_size(); ++i) {
    const v1::ColumnSchema& column = proto.columns(i);
    const std::string column_path = absl::StrCat(path, ".columns[", i, "]");
    if (!v1::ColumnType_IsValid(column.type())) {
      violations->Add(column_path + ".type", absl::StrCat("has the unknown value ", static_cast<int>(column.type()),
                                                          "; one of: numeric, categorical, sparse_vector"));
    }
    if (!v1::ColumnRole_IsValid(column.role())) {
      violations->Add(column_path + ".role", absl::StrCat("has the unknown value ", static_cast<int>(column.role()),
                                                          "; one of: feature, target, ignored, weight"));
    }
    core::ColumnSchema& added = schema.columns.emplace_back();
    added.name = column.name();
    added.type = static_cast<core::ColumnType>(column.type());
    added.role = static_cast<core::ColumnRole>(column.role());
    added.categories.assign(column.categories().begin(), column.categories().end());
    added.positive_class = column.positive_class();
    added.width = column.width();
  }
  return schema;
}

v1::Schema SchemaToProto(const core::Schema& schema) {
  v1::Schema proto;
  for (const core::ColumnSchema& column : schema.columns) {
    v1::ColumnSchema* added = proto.add_columns();
    added->set_name(column.name);
    added->set_type(static_cast<v1::ColumnType>(column.type));
    added->set_role(static_cast<v1::ColumnRole>(column.role));
    for (const std::string& category : column.categories) added->add_categories(category);
    added->set_positive_class(column.positive_class);
    added->set_width(column.width);
  }
  return proto;
}

core::InlineRows RowsFromProto(const v1::Table& proto) {
  core::InlineRows rows;
  rows.row_count = proto.row_count();
  for (const v1::TableColumn& column : proto.columns()) {
    core::InlineColumn& added = rows.columns.emplace_back();
    added.name = column.name();
    added.numbers.assign(column.numbers().begin(), column.numbers().end());
    added.texts.assign(column.texts().begin(), column.texts().end());
    if (!column.has_sparse()) continue;
    const v1::SparseRows& sparse = column.sparse();
    added.sparse.emplace();
    added.sparse->nonzero_counts.assign(sparse.nonzero_counts().begin(), sparse.nonzero_counts().end());
    added.sparse->indices.assign(sparse.indices().begin(), sparse.indices().end());
    added.sparse->values.assign(sparse.values().begin(), sparse.values().end());
  }
  return rows;
}

void StatisticsToProto(const core::ColumnStatistics& statistics, v1::ColumnStatistics* proto) {
  proto->set_missing_count(statistics.missing_count);
  proto->set_distinct_count(statistics.distinct_count);
  if (statistics.minimum.has_value()) proto->set_minimum(*statistics.minimum);
  if (statistics.maximum.has_value()) proto->set_maximum(*statistics.maximum);
  if (statistics.mean.has_value()) proto->set_mean(*statistics.mean);
  if (statistics.standard_deviation.has_value()) proto->set_standard_deviation(*statistics.standard_deviation);
  for (const core::ClassCount& count : statistics.classes) {
    v1::ClassCount* added = proto->add_classes();
    added->set_label(count.label);
    added->set_row_count(count.row_count);
  }
  proto->set_nonzero_count(statistics.nonzero_count);
}

void ProblemToProto(const core::DataProblem& problem, v1::DataProblem* proto) {
  proto->set_line(problem.line);
  proto->set_column(problem.column);
  proto->set_column_name(problem.column_name);
  proto->set_message(problem.message);
  proto->set_fatal(problem.fatal);
}

void UploadToProto(const datasets::UploadInfo& info, v1::Upload* proto) {
  proto->set_name(absl::StrCat("uploads/", info.id));
  proto->set_file_name(info.file_name);
  if (info.size_bytes.has_value()) proto->set_size_bytes(*info.size_bytes);
  proto->set_committed_bytes(info.committed_bytes);
  proto->set_complete(info.complete);
  TimeToProto(info.expire_time, proto->mutable_expire_time());
}

void InspectionToProto(const datasets::Inspection& inspection, v1::UploadInspection* proto) {
  const core::TableResult& result = inspection.result;
  FormatToProto(result.format, proto);
  *proto->mutable_schema() = SchemaToProto(result.table.schema);
  for (const core::ColumnStatistics& statistics : inspection.statistics) {
    StatisticsToProto(statistics, proto->add_statistics());
  }
  proto->set_row_count(result.table.row_count);
  for (size_t i = 0; i < result.preview.size(); ++i) {
    v1::TableColumn* column = proto->mutable_preview()->add_columns();
    if (i < result.table.schema.columns.size()) column->set_name(result.table.schema.columns[i].name);
    for (const std::string& text : result.preview[i]) column->add_texts(text);
    proto->mutable_preview()->set_row_count(column->texts_size());
  }
  for (const core::DataProblem& problem : result.problems) ProblemToProto(problem, proto->add_problems());
  proto->set_problem_count(result.problem_count);
  proto->set_sha256(inspection.sha256);
}

void DatasetToProto(const datasets::DatasetView& view, bool full, v1::Dataset* proto) {
  const datasets::DatasetRecord& record = view.record;
  if (!record.name.empty()) proto->set_name(absl::StrCat("datasets/", record.name));
  proto->set_version(record.version);
  if (view.facts.format.has_value()) FormatToProto(*view.facts.format, proto);
  *proto->mutable_schema() = SchemaToProto(view.facts.schema);
  if (full) {
    for (const core::ColumnStatistics& statistics : view.facts.statistics) {
      StatisticsToProto(statistics, proto->add_statistics());
    }
  }
  proto->set_row_count(record.row_count);
  proto->set_source_bytes(record.source_bytes);
  proto->set_stored_bytes(record.stored_bytes);
  proto->set_owner(record.owner);
  TimeToProto(record.create_time, proto->mutable_create_time());
  proto->set_source_sha256(record.source_sha256);
}

}  // namespace descent::convert
