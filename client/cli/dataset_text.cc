#include "client/cli/dataset_text.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/exit_code.h"
#include "client/cli/table.h"
#include "client/cli/text.h"
#include "client/message_reader.h"
#include "core/base/status.h"

namespace descent::cli {
namespace {

constexpr int kClassesShown = 6;
constexpr int kCellWidth = 24;
constexpr int kSparseCellWidth = 80;

std::string TypeText(v1::ColumnType type) {
  return client::ShortEnumName(v1::ColumnType_descriptor()->FindValueByNumber(type));
}
std::string RoleText(v1::ColumnRole role) {
  return client::ShortEnumName(v1::ColumnRole_descriptor()->FindValueByNumber(role));
}

// `64 wide, 58,736 not 0 (51.07 %), 0 to 16`.
std::string SparseText(const v1::ColumnSchema& column, const v1::ColumnStatistics& statistics, int64_t rows) {
  std::string text =
      absl::StrCat(CountText(column.width()), " wide, ", CountText(statistics.nonzero_count()), " not 0");
  if (!statistics.has_minimum()) return text;
  const double cells = static_cast<double>(rows) * static_cast<double>(column.width());
  return absl::StrCat(text, " (", NumberText(100 * static_cast<double>(statistics.nonzero_count()) / cells), " %), ",
                      NumberText(statistics.minimum()), " to ", NumberText(statistics.maximum()));
}

// `4.3 to 7.9, mean 5.84, deviation 0.825` or `malignant 212, benign 357`.
std::string ValuesText(const v1::ColumnSchema& column, const v1::ColumnStatistics& statistics, int64_t rows) {
  if (column.type() == v1::COLUMN_TYPE_SPARSE_VECTOR) return SparseText(column, statistics, rows);
  std::vector<std::string> parts;
  for (const v1::ClassCount& one : statistics.classes()) {
    if (parts.size() == kClassesShown) {
      parts.push_back("...");
      break;
    }
    parts.push_back(absl::StrCat(one.label(), " ", CountText(one.row_count())));
  }
  if (parts.empty() && statistics.has_minimum()) {
    parts.push_back(absl::StrCat(NumberText(statistics.minimum()), " to ", NumberText(statistics.maximum())));
    parts.push_back(absl::StrCat("mean ", NumberText(statistics.mean())));
    parts.push_back(absl::StrCat("deviation ", NumberText(statistics.standard_deviation())));
  }
  if (!column.positive_class().empty()) parts.push_back(absl::StrCat("positive: ", column.positive_class()));
  return absl::StrJoin(parts, ", ");
}

std::string ColumnsText(const v1::Schema& schema,
                        const google::protobuf::RepeatedPtrField<v1::ColumnStatistics>& statistics, int64_t rows) {
  Table table({"COLUMN", "TYPE", "ROLE", ">MISSING", ">DISTINCT", "VALUES"});
  for (int i = 0; i < schema.columns_size(); ++i) {
    const v1::ColumnSchema& column = schema.columns(i);
    const v1::ColumnStatistics& figures =
        i < statistics.size() ? statistics[i] : v1::ColumnStatistics::default_instance();
    table.AddRow({column.name(), TypeText(column.type()), RoleText(column.role()), CountText(figures.missing_count()),
                  CountText(figures.distinct_count()), ValuesText(column, figures, rows)});
  }
  return table.ToText();
}

std::string FormatText(const v1::LibsvmFormat& format) {
  return absl::StrCat("libsvm, indices from ", format.zero_based() ? 0 : 1);
}

std::string FormatText(const v1::CsvFormat& format) {
  const std::string delimiter = format.delimiter() == "\t" ? "tab" : absl::StrCat("\"", format.delimiter(), "\"");
  return absl::StrCat("delimiter ", delimiter, ", ", format.header() ? "with" : "without", " a header");
}

std::string PreviewText(const v1::Schema& schema, const v1::Table& preview) {
  std::vector<std::string> titles;
  for (const v1::TableColumn& column : preview.columns()) titles.push_back(Shorten(column.name(), kCellWidth));
  Table table(titles);
  for (int row = 0; row < preview.row_count(); ++row) {
    std::vector<std::string> cells;
    for (int i = 0; i < preview.columns_size(); ++i) {
      const v1::TableColumn& column = preview.columns(i);
      const bool is_sparse = i < schema.columns_size() && schema.columns(i).type() == v1::COLUMN_TYPE_SPARSE_VECTOR;
      const int width = is_sparse ? kSparseCellWidth : kCellWidth;
      cells.push_back(row < column.texts_size() ? Shorten(column.texts(row), width) : "");
    }
    table.AddRow(cells);
  }
  return table.ToText();
}

v1::ColumnSchema* ColumnOf(const std::string& name, v1::Schema* schema) {
  for (v1::ColumnSchema& column : *schema->mutable_columns()) {
    if (column.name() == name) return &column;
  }
  v1::ColumnSchema* column = schema->add_columns();
  column->set_name(name);
  return column;
}

template <typename Request>
absl::Status SetFormatOf(const SchemaFlags& flags, Request* request) {
  const bool says_csv = flags.format == "csv" || !flags.delimiter.empty() || flags.no_header;
  const bool says_libsvm = flags.format == "libsvm" || flags.zero_based || flags.width != 0;
  if (says_csv && says_libsvm) {
    return UsageError(
        "--delimiter and --no-header are for csv, --zero-based and --width for libsvm; leave one kind out");
  }
  const std::string delimiter = flags.delimiter == "tab" || flags.delimiter == "\\t" ? "\t" : flags.delimiter;
  if (delimiter.size() > 1) {
    return UsageError(absl::StrCat("--delimiter must be one character or `tab`, was \"", delimiter, "\""));
  }
  if (says_csv) request->mutable_format();
  if (!delimiter.empty()) request->mutable_format()->set_delimiter(delimiter);
  if (flags.no_header) request->mutable_format()->set_header(false);
  if (says_libsvm) request->mutable_libsvm_format();
  if (flags.zero_based) request->mutable_libsvm_format()->set_zero_based(true);
  return absl::OkStatus();
}

}  // namespace

std::string DatasetText(const v1::Dataset& dataset) {
  FieldList fields;
  fields.Add("name", dataset.name());
  fields.Add("version", dataset.version());
  fields.Add("rows", CountText(dataset.row_count()));
  if (dataset.has_format()) fields.Add("read as", FormatText(dataset.format()));
  if (dataset.has_libsvm_format()) fields.Add("read as", FormatText(dataset.libsvm_format()));
  fields.Add("size", absl::StrCat(BytesText(dataset.source_bytes()), " uploaded, ", BytesText(dataset.stored_bytes()),
                                  " on disk"));
  fields.Add("owner", dataset.owner());
  fields.Add("created", TimeText(dataset.create_time()));
  return absl::StrCat(fields.ToText(), "\n", ColumnsText(dataset.schema(), dataset.statistics(), dataset.row_count()));
}

std::string DatasetListText(const v1::ListDatasetsResponse& datasets) {
  Table table({"NAME", ">ROWS", ">COLUMNS", ">SIZE", "CREATED", "OWNER", "VERSION"});
  for (const v1::Dataset& dataset : datasets.datasets()) {
    table.AddRow({dataset.name(), CountText(dataset.row_count()), CountText(dataset.schema().columns_size()),
                  BytesText(dataset.stored_bytes()), TimeText(dataset.create_time()), dataset.owner(),
                  dataset.version().substr(0, sizeof "sha256:01234567" - 1)});
  }
  return table.ToText();
}

std::string InspectionText(const v1::UploadInspection& inspection) {
  FieldList fields;
  fields.Add("rows", CountText(inspection.row_count()));
  fields.Add("read as",
             inspection.has_libsvm_format() ? FormatText(inspection.libsvm_format()) : FormatText(inspection.format()));
  fields.Add("sha256", inspection.sha256());
  std::string text = absl::StrCat(fields.ToText(), "\n",
                                  ColumnsText(inspection.schema(), inspection.statistics(), inspection.row_count()));
  if (inspection.preview().row_count() > 0)
    absl::StrAppend(&text, "\n", PreviewText(inspection.schema(), inspection.preview()));
  return text;
}

std::string ProblemsText(const std::string& file, const v1::UploadInspection& inspection) {
  std::string text;
  for (const v1::DataProblem& problem : inspection.problems()) {
    absl::StrAppend(&text, file);
    if (problem.line() > 0) absl::StrAppend(&text, ":", problem.line());
    if (problem.line() > 0 && problem.column() > 0) absl::StrAppend(&text, ":", problem.column());
    absl::StrAppend(&text, ": ", problem.fatal() ? "" : "warning: ");
    if (!problem.column_name().empty()) absl::StrAppend(&text, problem.column_name(), ": ");
    absl::StrAppend(&text, problem.message(), "\n");
  }
  const int64_t hidden = inspection.problem_count() - inspection.problems_size();
  if (hidden > 0) absl::StrAppend(&text, file, ": and ", CountText(hidden), " more problems\n");
  return text;
}

absl::StatusOr<v1::Schema> MakeSchema(const SchemaFlags& flags) {
  v1::Schema schema;
  std::map<std::string, std::string> given;  // flag by column
  const auto set_role = [&](const std::string& flag, const std::string& column, v1::ColumnRole role) -> absl::Status {
    const auto [other, is_new] = given.emplace(column, flag);
    if (!is_new) return UsageError(absl::StrCat(flag, " and ", other->second, " both name ", column));
    ColumnOf(column, &schema)->set_role(role);
    return absl::OkStatus();
  };
  for (const std::string& name : flags.ignored) {
    DESCENT_RETURN_IF_ERROR(set_role("--ignore", name, v1::COLUMN_ROLE_IGNORED));
  }
  for (const std::string& name : flags.targets) {
    DESCENT_RETURN_IF_ERROR(set_role("--target", name, v1::COLUMN_ROLE_TARGET));
  }
  if (!flags.weight.empty()) DESCENT_RETURN_IF_ERROR(set_role("--weight", flags.weight, v1::COLUMN_ROLE_WEIGHT));
  for (const std::string& setting : flags.types) {
    // Names of columns may hold `=`, types do not.
    const size_t equals = setting.rfind('=');
    v1::ColumnType type = v1::COLUMN_TYPE_UNSPECIFIED;
    if (equals != std::string::npos) {
      v1::ColumnType_Parse(absl::StrCat("COLUMN_TYPE_", absl::AsciiStrToUpper(setting.substr(equals + 1))), &type);
    }
    if (type == v1::COLUMN_TYPE_UNSPECIFIED) {
      return UsageError(absl::StrCat("--type must be COLUMN=numeric or COLUMN=categorical, was \"", setting, "\""));
    }
    ColumnOf(setting.substr(0, equals), &schema)->set_type(type);
  }
  if (flags.width != 0) ColumnOf("features", &schema)->set_width(flags.width);
  return schema;
}

absl::Status SetFormat(const SchemaFlags& flags, v1::InspectUploadRequest* request) {
  return SetFormatOf(flags, request);
}

absl::Status SetFormat(const SchemaFlags& flags, v1::CreateDatasetRequest* request) {
  return SetFormatOf(flags, request);
}

absl::Status AddPositiveClass(const SchemaFlags& flags, const v1::Schema& inspected, v1::Schema* schema) {
  if (flags.positive_class.empty()) return absl::OkStatus();
  std::string target = flags.targets.empty() ? "" : flags.targets[0];
  for (const v1::ColumnSchema& column : inspected.columns()) {
    if (target.empty() && column.role() == v1::COLUMN_ROLE_TARGET) target = column.name();
  }
  if (target.empty()) return UsageError("--positive-class needs a target column; name it with --target");
  ColumnOf(target, schema)->set_positive_class(flags.positive_class);
  return absl::OkStatus();
}

}  // namespace descent::cli
