// Specs, tables and runs for the tests of training.
#ifndef DESCENT_TESTS_CORE_TRAINING_TEST_SPECS_H_
#define DESCENT_TESTS_CORE_TRAINING_TEST_SPECS_H_

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/random.h"
#include "core/initializers/initializer.h"
#include "core/losses/loss.h"
#include "core/models/model.h"
#include "core/optimizers/optimizer.h"
#include "core/regularizers/regularizer.h"
#include "core/schedules/schedule.h"
#include "core/training/job_spec.h"
#include "core/training/trainer.h"
#include "gtest/gtest.h"

namespace descent::core {

// A kind of an algorithm table with its defaults, some numbers set.
template <typename Row>
Config KindOf(absl::Span<const Row* const> table, absl::string_view name,
              const std::map<std::string, double>& numbers = {}) {
  for (const Row* row : table) {
    if (row->kind.name != name) continue;
    Config config(&row->kind);
    for (const auto& [field, value] : numbers) config.SetNumber(field, value);
    return config;
  }
  ADD_FAILURE() << "no kind " << name;
  std::abort();
}

// `shuffling` and `size` only where the kind has them.
inline Config BatchOf(absl::string_view kind, int64_t size = 0, Shuffling shuffling = Shuffling::kEachEpoch) {
  for (const KindInfo* info : Batches()) {
    if (info->name != kind) continue;
    Config config(info);
    if (info->FindField("size") != nullptr) config.SetInteger("size", size);
    if (info->FindField("shuffling") != nullptr) config.SetInteger("shuffling", static_cast<int64_t>(shuffling));
    return config;
  }
  std::abort();
}

// An interval in epochs.
inline void SetEpochs(absl::string_view field, double epochs, Config* config) {
  for (size_t i = 0; i < config->values().size(); ++i) {
    if (config->info()->fields[i].name != field) continue;
    Value& value = config->value(i);
    value.is_set = true;
    value.in_epochs = true;
    value.number = epochs;
  }
}

inline Config StoppingAfter(int64_t max_steps) {
  Config stopping(&StoppingInfo());
  stopping.SetInteger("max_steps", max_steps);
  return stopping;
}

inline Config EvaluationEvery(int64_t steps, double held_out_fraction = 0) {
  Config evaluation(&EvaluationInfo());
  evaluation.SetSteps("every", steps);
  evaluation.SetNumber("held_out_fraction", held_out_fraction);
  return evaluation;
}

inline Config RecordEvery(int64_t steps, int64_t parameters_every_steps) {
  Config record(&RecordInfo());
  record.SetInteger("every_steps", steps);
  record.SetInteger("parameters_every_steps", parameters_every_steps);
  return record;
}

// A given spec with the least that is required.
inline JobSpec FunctionSpec(absl::string_view function, absl::string_view optimizer,
                            const std::map<std::string, double>& numbers) {
  JobSpec spec;
  spec.function = std::string(function);
  spec.optimizer = KindOf(Optimizers(), optimizer, numbers);
  spec.seed = 1;
  return spec;
}

inline JobSpec DatasetSpec(absl::string_view model, absl::string_view optimizer,
                           const std::map<std::string, double>& numbers) {
  JobSpec spec;
  spec.dataset.emplace();
  spec.dataset->dataset = "test";
  spec.dataset->model = Config(&FindModel(model)->kind);
  spec.optimizer = KindOf(Optimizers(), optimizer, numbers);
  spec.seed = 1;
  return spec;
}

inline void Standardize(JobSpec* spec) {
  spec->dataset->preprocessing = Config(&PreprocessingInfo());
  spec->dataset->preprocessing.SetChoice("scaling", "standardize");
}

inline void AddL2(double strength, JobSpec* spec) {
  spec->dataset->penalties.push_back(KindOf(Regularizers(), "l2", {{"strength", strength}}));
}

inline void AddColumn(const std::string& name, std::vector<double> numbers, ColumnRole role, Table* table) {
  table->schema.columns.push_back({name, ColumnType::kNumeric, role, {}, ""});
  table->row_count = static_cast<int64_t>(numbers.size());
  table->columns.push_back({std::move(numbers), {}});
}

// Categories in ascending order.
inline void AddTexts(const std::string& name, const std::vector<std::string>& texts, ColumnRole role, Table* table) {
  std::map<std::string, int32_t> codes;
  for (const std::string& text : texts) codes[text] = 0;
  ColumnSchema schema{name, ColumnType::kCategorical, role, {}, ""};
  for (auto& [text, code] : codes) {
    code = static_cast<int32_t>(schema.categories.size());
    schema.categories.push_back(text);
  }
  Column column;
  for (const std::string& text : texts) column.codes.push_back(codes[text]);
  table->row_count = static_cast<int64_t>(texts.size());
  table->schema.columns.push_back(std::move(schema));
  table->columns.push_back(std::move(column));
}

// A file of examples/data: numbers, and in the last column the target, texts if `classes`.
inline std::shared_ptr<Table> ReadExample(const std::string& name, bool classes) {
  const char* source_dir = std::getenv("DESCENT_SOURCE_DIR");
  std::ifstream file(absl::StrCat(source_dir == nullptr ? "." : source_dir, "/examples/data/", name, ".csv"));
  EXPECT_TRUE(file.good()) << name;
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> names = absl::StrSplit(line, ',');
  std::vector<std::vector<std::string>> cells(names.size());
  while (std::getline(file, line)) {
    const std::vector<std::string> texts = absl::StrSplit(line, ',');
    for (size_t i = 0; i < names.size(); ++i) cells[i].push_back(texts[i]);
  }
  auto table = std::make_shared<Table>();
  for (size_t i = 0; i < names.size(); ++i) {
    const ColumnRole role = i + 1 == names.size() ? ColumnRole::kTarget : ColumnRole::kFeature;
    if (role == ColumnRole::kTarget && classes) {
      AddTexts(names[i], cells[i], role, table.get());
      continue;
    }
    std::vector<double> numbers;
    for (const std::string& text : cells[i]) numbers.push_back(std::strtod(text.c_str(), nullptr));
    AddColumn(names[i], std::move(numbers), role, table.get());
  }
  return table;
}

// Normal features and a target that depends on them with noise: a number, or one of `classes` classes.
inline std::shared_ptr<Table> SyntheticTable(int64_t rows, int64_t features, int64_t classes, uint64_t seed = 7) {
  auto table = std::make_shared<Table>();
  std::vector<double> score(static_cast<size_t>(rows));
  for (int64_t j = 0; j < features; ++j) {
    const RandomStream random(seed, "feature", static_cast<uint64_t>(j));
    std::vector<double> values;
    for (int64_t i = 0; i < rows; ++i) {
      values.push_back(random.Normal(static_cast<uint64_t>(i)));
      score[static_cast<size_t>(i)] += values.back() * (j % 2 == 0 ? 1.0 : -0.5);
    }
    AddColumn(absl::StrCat("x", j), std::move(values), ColumnRole::kFeature, table.get());
  }
  const RandomStream noise(seed, "noise");
  for (int64_t i = 0; i < rows; ++i) score[static_cast<size_t>(i)] += noise.Normal(static_cast<uint64_t>(i));
  if (classes == 0) {
    AddColumn("y", std::move(score), ColumnRole::kTarget, table.get());
    return table;
  }
  std::vector<std::string> texts;
  for (const double value : score) {
    const int64_t label = static_cast<int64_t>(value + 100) % classes;
    texts.push_back(absl::StrCat("class", label));
  }
  AddTexts("y", texts, ColumnRole::kTarget, table.get());
  return table;
}

// Valid specs, resolved as a server would.
inline JobSpec Resolve(const JobSpec& spec, const TrainingData& data = {},
                       const SpecLimits& limits = {.max_threads = 64}) {
  Violations violations;
  ValidateSpec(spec, "spec", &violations);
  EXPECT_EQ(violations.ToStatus(), absl::OkStatus());
  const PreparedProblem problem = PrepareProblem(spec, data, "spec", &violations);
  EXPECT_EQ(violations.ToStatus(), absl::OkStatus());
  const JobSpec resolved = ResolveSpec(spec, problem.shape, limits, 42, "spec", &violations);
  EXPECT_EQ(violations.ToStatus(), absl::OkStatus());
  return resolved;
}

inline std::unique_ptr<Trainer> MakeTrainer(const JobSpec& spec, const TrainingData& data = {}) {
  absl::StatusOr<std::unique_ptr<Trainer>> trainer = Trainer::Create(Resolve(spec, data), data);
  EXPECT_EQ(trainer.status(), absl::OkStatus());
  return *std::move(trainer);
}

// All that came out of a run, flattened from its blocks.
struct RunRecord {
  std::vector<int64_t> steps;
  std::vector<double> values;  // loss, objective, learning rate, gradient norm of each row
  std::vector<int64_t> parameter_steps;
  std::vector<double> parameters;
  std::vector<EvaluationPoint> evaluations;
  std::optional<Termination> termination;
  ParameterVector last, best, kept;

  double loss(size_t row) const { return values[4 * row]; }
  double objective(size_t row) const { return values[4 * row + 1]; }
  double learning_rate(size_t row) const { return values[4 * row + 2]; }
  double gradient_norm(size_t row) const { return values[4 * row + 3]; }

  void Append(const StepBlock& block) {
    for (int64_t i = 0; i < block.rows(); ++i) {
      const size_t row = static_cast<size_t>(i);
      steps.push_back(block.first_step + i * block.step_stride);
      for (const double value :
           {block.loss[row], block.objective[row], block.learning_rate[row], block.gradient_norm[row]}) {
        values.push_back(value);
      }
    }
    for (int64_t i = 0; i < block.parameter_vectors; ++i) {
      parameter_steps.push_back(block.parameters_first_step + i * block.parameters_step_stride);
    }
    parameters.insert(parameters.end(), block.parameters.begin(), block.parameters.end());
  }
};

// Turns a trainer to its end, `updates` at a time.
inline RunRecord RunToEnd(Trainer* trainer, int64_t updates = 1000) {
  RunRecord record;
  StepBlock block;
  while (!record.termination.has_value()) {
    Trainer::Progress progress = trainer->Advance(updates, &block);
    record.Append(block);
    if (progress.evaluation.has_value()) record.evaluations.push_back(*std::move(progress.evaluation));
    record.termination = std::move(progress.termination);
  }
  record.last = trainer->last();
  record.best = trainer->best();
  record.kept = trainer->kept();
  return record;
}

inline RunRecord RunToEnd(const JobSpec& spec, const TrainingData& data = {}, int64_t updates = 1000) {
  return RunToEnd(MakeTrainer(spec, data).get(), updates);
}

// Same bits; NaN equals NaN.
inline bool SameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

inline std::vector<double> NumbersOf(const Evaluation& evaluation) {
  std::vector<double> numbers = {evaluation.loss, static_cast<double>(evaluation.rows)};
  for (const Metric& metric : evaluation.metrics) numbers.push_back(metric.value);
  for (const int64_t count : evaluation.confusion_counts) numbers.push_back(static_cast<double>(count));
  return numbers;
}

inline void ExpectSameRun(const RunRecord& a, const RunRecord& b) {
  EXPECT_EQ(a.steps, b.steps);
  EXPECT_TRUE(SameBits(a.values, b.values));
  EXPECT_EQ(a.parameter_steps, b.parameter_steps);
  EXPECT_TRUE(SameBits(a.parameters, b.parameters));
  ASSERT_EQ(a.evaluations.size(), b.evaluations.size());
  for (size_t i = 0; i < a.evaluations.size(); ++i) {
    const EvaluationPoint& left = a.evaluations[i];
    const EvaluationPoint& right = b.evaluations[i];
    EXPECT_EQ(left.step, right.step);
    EXPECT_EQ(left.best, right.best) << left.step;
    EXPECT_TRUE(SameBits({left.objective}, {right.objective}));
    EXPECT_TRUE(SameBits(NumbersOf(left.training), NumbersOf(right.training)));
    ASSERT_EQ(left.held_out.has_value(), right.held_out.has_value());
    const Evaluation nothing;
    EXPECT_TRUE(SameBits(NumbersOf(left.held_out.value_or(nothing)), NumbersOf(right.held_out.value_or(nothing))));
  }
  ASSERT_TRUE(a.termination.has_value() && b.termination.has_value());
  EXPECT_EQ(a.termination->reason, b.termination->reason);
  EXPECT_EQ(a.termination->message, b.termination->message);
  EXPECT_EQ(a.termination->step, b.termination->step);
  EXPECT_EQ(a.termination->kept_step, b.termination->kept_step);
  EXPECT_EQ(a.best.step, b.best.step);
  EXPECT_TRUE(SameBits(a.last.values, b.last.values));
  EXPECT_TRUE(SameBits(a.best.values, b.best.values));
  EXPECT_TRUE(SameBits(a.kept.values, b.kept.values));
}

// The violations of a spec, `path: description`.
inline std::vector<std::string> Lines(const Violations& violations) {
  std::vector<std::string> lines;
  for (const Violation& violation : violations.list()) {
    lines.push_back(absl::StrCat(violation.field, ": ", violation.description));
  }
  return lines;
}

}  // namespace descent::core

#endif  // DESCENT_TESTS_CORE_TRAINING_TEST_SPECS_H_
