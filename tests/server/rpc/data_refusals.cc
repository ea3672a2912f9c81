// What is wrong in the data of CreateDataset: delimited text, rows, schemas.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "descent/v1/dataset_service.pb.h"
#include "tests/server/rpc/refusal.h"
#include "tests/server/rpc/refusal_servers.h"

namespace descent::rpc {
namespace {

// A dataset of an uploaded text.
Refusal Csv(const std::string& id, const std::string& text, const std::string& more = "") {
  return {id, "CreateDataset", absl::StrCat("upload: \"UPLOAD\" ", more), text};
}

// A dataset of an uploaded libsvm text.
Refusal Libsvm(const std::string& id, const std::string& text, const std::string& more = "") {
  return Csv(id, text, absl::StrCat("libsvm_format {} ", more));
}

// A dataset of rows given in the request.
Refusal Rows(const std::string& id, const std::string& rows, const std::string& schema = "") {
  return {id, "CreateDataset", absl::StrCat("rows { ", rows, " } schema { ", schema, " }")};
}

std::vector<Refusal> Texts() {
  const std::string numeric_a = R"(schema { columns { name: "a" type: COLUMN_TYPE_NUMERIC } })";
  const std::string colors = R"(schema { columns { name: "a" categories: [ "red", "blue" ] } })";
  std::string classes = "a,b\n";
  for (int i = 0; i < 1001; ++i) absl::StrAppend(&classes, i, ",class", i, "\n");
  std::string ragged = "a,b\n1,2\n";
  for (int i = 0; i < 9; ++i) absl::StrAppend(&ragged, i, "\n");
  return {
      Csv("csv-empty", ""),
      Csv("csv-blank-lines", "\n\r\n\n"),
      Csv("csv-header-only", "a,b\n"),
      Csv("csv-utf16", std::string("\xff\xfe"
                                   "a\0",
                                   4)),
      Csv("csv-zip", "PK\x03\x04rest"),
      Csv("csv-gzip", "\x1f\x8b\x08"),
      Csv("csv-nul", std::string("a,b\n1,\0", 7) + "2\n"),
      Csv("csv-not-utf8", "a,b\ncaf\xe9,2\n"),
      Csv("csv-row-short", "a,b,c\n1,2,3\n4,5\n"),
      Csv("csv-row-long", "a,b\n1,2\n3,4,5\n"),
      Csv("csv-many-problems", ragged),
      Csv("csv-quote-unterminated", "a,b\n1,2\n3,\"4\n5,6\n"),
      Csv("csv-bytes-after-quote", "a,b\n\"1\"x,2\n"),
      Csv("csv-header-unnamed", "a,,c\n1,2,3\n"),
      Csv("csv-header-duplicate", "a,b,a\n1,2,3\n"),
      Csv("csv-header-long", std::string(300, 'n') + ",b\n1,2\n"),
      Csv("csv-not-a-number", "a,b\n1,2\nx1,3\n", numeric_a),
      Csv("csv-decimal-comma", "a;b\n2;1\n1,5;2\n"),
      Csv("csv-infinite", "a,b\n1,2\n-inf,3\n"),
      Csv("csv-out-of-range", "a,b\n1,2\n3,-1e999\n"),
      Csv("csv-unknown-category", "a,b\nred,1\nbluee,2\n", colors),
      Csv("csv-too-many-classes", classes),
      Csv("csv-delimiter-long", "a,b\n1,2\n", R"(format { delimiter: "::" })"),
      Csv("csv-delimiter-quote", "a,b\n1,2\n", R"(format { delimiter: "\"" })"),
  };
}

std::vector<Refusal> LibsvmTexts() {
  const std::string narrow = R"(schema { columns { name: "features" width: 4 } })";
  return {
      Libsvm("libsvm-empty", "# nothing\n"),
      Libsvm("libsvm-label-missing", "1 1:1\n2:1 3:1\n"),
      Libsvm("libsvm-label-list", "1,3 1:1\n"),
      Libsvm("libsvm-label-not-a-number", "spam 1:1\n"),
      Libsvm("libsvm-label-not-finite", "1 1:1\nnan 1:1\n"),
      Libsvm("libsvm-label-out-of-range", "1e999 1:1\n"),
      Libsvm("libsvm-pair-without-colon", "1 3\n"),
      Libsvm("libsvm-qid", "1 qid:3 1:1\n"),
      Libsvm("libsvm-index-not-whole", "1 1.5:1\n"),
      Libsvm("libsvm-index-zero", "1 0:1\n"),
      Libsvm("libsvm-index-order", "1 2:1 1:1\n"),
      Libsvm("libsvm-index-twice", "1 2:1 2:1\n"),
      Libsvm("libsvm-index-beyond-width", "1 4:1 5:1\n", narrow),
      Libsvm("libsvm-index-too-large", "1 33554433:1\n"),
      Libsvm("libsvm-value-not-a-number", "1 3:1,5\n"),
      Libsvm("libsvm-value-not-finite", "1 3:inf\n"),
      Libsvm("libsvm-value-out-of-range", "1 3:-1e400\n"),
  };
}

std::vector<Refusal> SparseRows() {
  const auto with = [](const std::string& id, const std::string& cells, const std::string& schema = "") {
    return Rows(id,
                absl::StrCat(R"(row_count: 2 columns { name: "y" numbers: [ 1, 2 ] } columns { name: "x" sparse { )",
                             cells, " } }"),
                schema);
  };
  const std::string sound = "nonzero_counts: [ 1, 1 ] indices: [ 0, 4 ] values: [ 1, 2 ]";
  return {
      Rows("sparse-and-numbers", R"(row_count: 1 columns { name: "x" numbers: 1 sparse { nonzero_counts: 0 } })"),
      with("sparse-wrong-length", "nonzero_counts: 1 indices: 0 values: 1"),
      with("sparse-values-missing", "nonzero_counts: [ 1, 1 ] indices: [ 0, 4 ] values: 1"),
      with("sparse-count-negative", "nonzero_counts: [ 2, -1 ] indices: [ 0, 4 ] values: [ 1, 2 ]"),
      with("sparse-count-too-large", "nonzero_counts: [ 1, 3 ] indices: [ 0, 4 ] values: [ 1, 2 ]"),
      with("sparse-counts-too-small", "nonzero_counts: [ 1, 0 ] indices: [ 0, 4 ] values: [ 1, 2 ]"),
      with("sparse-index-negative", "nonzero_counts: [ 1, 1 ] indices: [ 0, -4 ] values: [ 1, 2 ]"),
      with("sparse-index-beyond-width", sound, R"(columns { name: "x" width: 4 })"),
      with("sparse-index-order", "nonzero_counts: [ 0, 2 ] indices: [ 4, 0 ] values: [ 1, 2 ]"),
      with("sparse-not-finite", "nonzero_counts: [ 1, 1 ] indices: [ 0, 4 ] values: [ nan, 2 ]"),
      with("sparse-type-numeric", sound, R"(columns { name: "x" type: COLUMN_TYPE_NUMERIC })"),
      with("sparse-target", sound, R"(columns { name: "x" role: COLUMN_ROLE_TARGET })"),
      with("sparse-width-negative", sound, R"(columns { name: "x" width: -1 })"),
      with("sparse-type-of-numbers", sound, R"(columns { name: "y" type: COLUMN_TYPE_SPARSE_VECTOR })"),
      with("sparse-width-of-numbers", sound, R"(columns { name: "y" width: 3 })"),
  };
}

std::vector<Refusal> GivenRows() {
  const std::string a = R"(columns { name: "a" numbers: [ 1, 2 ] } )";
  const std::string b = R"(columns { name: "b" texts: [ "x", "y" ] } )";
  return {
      Rows("rows-without-columns", "row_count: 2"),
      Rows("rows-without-rows", R"(columns { name: "a" })"),
      Rows("rows-unnamed-column", absl::StrCat("row_count: 2 ", a, "columns { numbers: [ 1, 2 ] }")),
      Rows("rows-duplicate-column", absl::StrCat("row_count: 2 ", a, a)),
      Rows("rows-numbers-and-texts", R"(row_count: 1 columns { name: "a" numbers: 1 texts: "1" })"),
      Rows("rows-wrong-length", absl::StrCat("row_count: 3 ", a)),
      Rows("rows-infinite", R"(row_count: 2 columns { name: "a" numbers: [ 1, inf ] })"),
      Rows("rows-text-in-numeric", absl::StrCat("row_count: 2 ", a, b),
           R"(columns { name: "b" type: COLUMN_TYPE_NUMERIC })"),
      Rows("rows-unknown-category", absl::StrCat("row_count: 2 ", a, b),
           R"(columns { name: "b" categories: [ "x", "z" ] })"),
  };
}

std::vector<Refusal> Schemas() {
  const std::string rows = R"(
    row_count: 2
    columns { name: "size" numbers: [ 1, 2 ] }
    columns { name: "price" numbers: [ 3, 4 ] }
    columns { name: "color" texts: [ "red", "blue" ] })";
  const auto with = [rows](const std::string& id, const std::string& schema) { return Rows(id, rows, schema); };
  return {
      with("schema-unknown-column", R"(columns { name: "prise" })"),
      with("schema-column-twice", R"(columns { name: "size" } columns { name: "size" })"),
      with("schema-unknown-type", R"(columns { name: "size" type: 9 })"),
      with("schema-unknown-role", R"(columns { name: "size" role: 9 })"),
      with("schema-two-weights",
           R"(columns { name: "size" role: COLUMN_ROLE_WEIGHT } columns { name: "price" role: COLUMN_ROLE_WEIGHT })"),
      with("schema-categorical-weight",
           R"(columns { name: "color" type: COLUMN_TYPE_CATEGORICAL role: COLUMN_ROLE_WEIGHT })"),
      with("schema-all-ignored",
           R"(columns { name: "size" role: COLUMN_ROLE_IGNORED } columns { name: "price" role: COLUMN_ROLE_IGNORED }
              columns { name: "color" role: COLUMN_ROLE_IGNORED })"),
      with("schema-numeric-categories", R"(columns { name: "size" type: COLUMN_TYPE_NUMERIC categories: "1" })"),
      with("schema-category-twice", R"(columns { name: "color" categories: [ "red", "blue", "red" ] })"),
      with("schema-empty-category", R"(columns { name: "color" categories: [ "red", "" ] })"),
      with("schema-positive-class-unknown", R"(columns { name: "color" positive_class: "reed" })"),
      with("schema-positive-class-of-feature", R"(columns { name: "size" positive_class: "1" })"),
      {.id = "schema-unknown-field",
       .call = "CreateDataset",
       .provoke =
           [rows](RefusalServers& servers) {
             auto request = Parse<v1::CreateDatasetRequest>(
                 absl::StrCat("rows { ", rows, R"( } schema { columns { name: "size" } columns { name: "price" } })"));
             v1::ColumnSchema* column = request.mutable_schema()->mutable_columns(1);
             column->GetReflection()->MutableUnknownFields(column)->AddLengthDelimited(77, "later");
             return Invoke(servers.full(), "CreateDataset", request);
           }},
  };
}

}  // namespace

std::vector<Refusal> DataRefusals() {
  std::vector<Refusal> refusals = Texts();
  for (Refusal& refusal : LibsvmTexts()) refusals.push_back(refusal);
  for (Refusal& refusal : GivenRows()) refusals.push_back(refusal);
  for (Refusal& refusal : SparseRows()) refusals.push_back(refusal);
  for (Refusal& refusal : Schemas()) refusals.push_back(refusal);
  return refusals;
}

}  // namespace descent::rpc
