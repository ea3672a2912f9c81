// Predictions and evaluations.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/server/rpc/refusal.h"
#include "tests/server/rpc/refusal_servers.h"

namespace descent::rpc {
namespace {

constexpr char kLength[] = "columns { name: 'length' numbers: 1 } ";
constexpr char kColor[] = "columns { name: 'color' texts: 'red' } ";

// One row for the job `trained`.
Refusal Predict(const std::string& id, const std::string& columns) {
  return {id, "Predict", absl::StrCat("job: 'jobs/trained' rows { row_count: 1 ", columns, "}")};
}

Refusal Evaluate(const std::string& id, const std::string& columns) {
  return {id, "Evaluate", absl::StrCat("job: 'jobs/trained' rows { row_count: 1 ", kLength, kColor, columns, "}")};
}

// A model that has not taken a row because another job has the only place.
grpc::Status PredictBeforeTheStart(RefusalServers& servers) {
  Expect(servers.full(), "CreateJob", R"(
    job_id: 'queued'
    spec {
      problem { dataset { dataset: 'datasets/prices' model { linear {} } } }
      optimizer { sgd {} }
    })");
  return Invoke(servers.full(), "Predict",
                "job: 'jobs/queued' rows { row_count: 1 columns { name: 'size' numbers: 1 } }");
}

}  // namespace

std::vector<Refusal> ModelRefusals() {
  return {
      {"predict-job-missing", "Predict", ""},
      {"predict-job-not-found", "Predict", absl::StrCat("job: 'jobs/traind' rows { row_count: 1 ", kLength, "}")},
      {"predict-of-function", "Predict", absl::StrCat("job: 'jobs/bowl' rows { row_count: 1 ", kLength, "}")},
      {"predict-step-not-recorded", "Predict",
       absl::StrCat("job: 'jobs/trained' point { step: 21 } rows { row_count: 1 ", kLength, kColor, "}")},
      {.id = "predict-nothing-recorded", .call = "Predict", .provoke = PredictBeforeTheStart},
      {"predict-rows-missing", "Predict", "job: 'jobs/trained'"},
      Predict("predict-column-missing", absl::StrCat(kColor, "columns { name: 'lenght' numbers: 1 }")),
      Predict("predict-unknown-category", absl::StrCat(kLength, "columns { name: 'color' texts: 'redd' }")),
      Predict("predict-text-for-number", absl::StrCat(kColor, "columns { name: 'length' texts: 'long' }")),
      Predict("predict-sparse-for-number",
              absl::StrCat(kColor, "columns { name: 'length' sparse { nonzero_counts: 0 } }")),
      Predict("predict-infinite", absl::StrCat(kColor, "columns { name: 'length' numbers: inf }")),
      Predict("predict-missing-value", absl::StrCat(kColor, "columns { name: 'length' numbers: nan }")),
      Predict("predict-missing-category", absl::StrCat(kLength, "columns { name: 'color' texts: '' }")),
      Predict("predict-wrong-length", absl::StrCat(kColor, "columns { name: 'length' numbers: [ 1, 2 ] }")),
      {"evaluate-nothing-held-out", "Evaluate", "job: 'jobs/trained' part: DATA_PART_HELD_OUT"},
      {"evaluate-part-unknown", "Evaluate", "job: 'jobs/trained' part: 9"},
      {"evaluate-dataset-malformed", "Evaluate", "job: 'trained' dataset: 'flowers'"},
      {"evaluate-dataset-not-found", "Evaluate", "job: 'jobs/trained' dataset: 'datasets/flower'"},
      {"evaluate-dataset-other-columns", "Evaluate", "job: 'jobs/trained' dataset: 'datasets/prices'"},
      {"evaluate-dataset-incomplete", "Evaluate", "job: 'jobs/network' dataset: 'datasets/gaps'"},
      Evaluate("evaluate-target-missing", ""),
      Evaluate("evaluate-unknown-class", "columns { name: 'kind' texts: 'versicolor' }"),
      Evaluate("evaluate-class-missing", "columns { name: 'kind' texts: '' }"),
  };
}

}  // namespace descent::rpc
