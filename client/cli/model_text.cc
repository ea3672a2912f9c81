#include "client/cli/model_text.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/json.h"
#include "client/cli/table.h"
#include "client/cli/text.h"
#include "core/base/format.h"

namespace descent::cli {
namespace {

// Probability of the class in a row; NaN for what the server left out.
double ProbabilityOf(const v1::PredictResponse& predictions, int row, int class_index) {
  const int at = row * predictions.classes_size() + class_index;
  return at < predictions.probabilities_size() ? predictions.probabilities(at) : std::nan("");
}

double ProbabilityOfLabel(const v1::PredictResponse& predictions, int row) {
  const auto& classes = predictions.classes();
  const auto it = std::find(classes.begin(), classes.end(), predictions.labels(row));
  return it == classes.end() ? std::nan("") : ProbabilityOf(predictions, row, static_cast<int>(it - classes.begin()));
}

int RowCount(const v1::PredictResponse& predictions) {
  return predictions.targets().empty() ? predictions.labels_size()
                                       : predictions.values_size() / predictions.targets_size();
}

}  // namespace

std::string PredictionsText(const v1::PredictResponse& predictions) {
  if (predictions.labels().empty()) {
    std::vector<std::string> header = {">ROW"};
    const bool several = predictions.targets_size() > 1;
    for (const std::string& target : predictions.targets())
      header.push_back(absl::StrCat(">", several ? target : "PREDICTION"));
    Table table(header);
    for (int row = 0; row < RowCount(predictions); ++row) {
      std::vector<std::string> cells = {CountText(row + 1)};
      for (int k = 0; k < predictions.targets_size(); ++k) {
        cells.push_back(core::RoundedText(predictions.values(row * predictions.targets_size() + k), 7));
      }
      table.AddRow(cells);
    }
    return table.ToText();
  }
  if (predictions.probabilities().empty()) {
    Table table({">ROW", "CLASS"});
    for (int row = 0; row < predictions.labels_size(); ++row) {
      table.AddRow({CountText(row + 1), predictions.labels(row)});
    }
    return table.ToText();
  }
  Table table({">ROW", "CLASS", ">PROBABILITY"});
  for (int row = 0; row < predictions.labels_size(); ++row) {
    table.AddRow(
        {CountText(row + 1), predictions.labels(row), absl::StrFormat("%.4f", ProbabilityOfLabel(predictions, row))});
  }
  return table.ToText();
}

std::string PredictionLines(const v1::PredictResponse& predictions) {
  std::string lines;
  const int targets = predictions.targets_size();
  for (int row = 0; row < RowCount(predictions); ++row) {
    absl::StrAppend(&lines, "{\"row\":", row + 1);
    if (targets == 1) absl::StrAppend(&lines, ",\"value\":", JsonNumber(predictions.values(row)));
    if (targets > 1) {
      std::vector<std::string> values;
      for (int k = 0; k < targets; ++k) {
        values.push_back(
            absl::StrCat(JsonText(predictions.targets(k)), ":", JsonNumber(predictions.values(row * targets + k))));
      }
      absl::StrAppend(&lines, ",\"values\":{", absl::StrJoin(values, ","), "}");
    }
    if (row < predictions.labels_size()) absl::StrAppend(&lines, ",\"label\":", JsonText(predictions.labels(row)));
    if (!predictions.probabilities().empty()) {
      std::vector<std::string> probabilities;
      for (int i = 0; i < predictions.classes_size(); ++i) {
        probabilities.push_back(
            absl::StrCat(JsonText(predictions.classes(i)), ":", JsonNumber(ProbabilityOf(predictions, row, i))));
      }
      absl::StrAppend(&lines, ",\"probabilities\":{", absl::StrJoin(probabilities, ","), "}");
    }
    absl::StrAppend(&lines, "}\n");
  }
  return lines;
}

std::string EvaluationTables(const v1::EvaluateResponse& response) {
  const v1::Evaluation& evaluation = response.evaluation();
  FieldList fields;
  fields.Add("step", CountText(response.step()));
  fields.Add("rows", CountText(evaluation.row_count()));
  fields.Add("loss", core::RoundedText(evaluation.loss(), 7));
  for (const v1::Metric& metric : evaluation.metrics()) fields.Add(metric.name(), core::RoundedText(metric.value(), 7));
  const v1::ConfusionMatrix& confusion = evaluation.confusion();
  if (confusion.classes().empty()) return fields.ToText();
  std::vector<std::string> titles = {"TRUE CLASS"};
  for (const std::string& name : confusion.classes()) titles.push_back(absl::StrCat(">AS ", name));
  Table table(titles);
  for (int row = 0; row < confusion.classes_size(); ++row) {
    std::vector<std::string> cells = {confusion.classes(row)};
    for (int column = 0; column < confusion.classes_size(); ++column) {
      const int at = row * confusion.classes_size() + column;
      cells.push_back(at < confusion.counts_size() ? CountText(confusion.counts(at)) : "-");
    }
    table.AddRow(cells);
  }
  return absl::StrCat(fields.ToText(), "\n", table.ToText());
}

}  // namespace descent::cli
