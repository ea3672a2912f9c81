// Training on sparse rows: the same mathematics as on dense ones, at the cost of what the rows store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/training/lazy_optimizer.h"
#include "tests/core/training/sparse_twins.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using testing::HasSubstr;

void ExpectClose(const std::vector<double>& got, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], tolerance * (1 + std::abs(expected[i]))) << "at " << i;
  }
}

void SetScaling(absl::string_view scaling, JobSpec* spec) {
  spec->dataset->preprocessing = Config(&PreprocessingInfo());
  spec->dataset->preprocessing.SetChoice("scaling", scaling);
}

struct Case {
  std::string model;
  std::string optimizer;
  int64_t batch_size;  // 0: full
};

// Every model, and every way in which optimizers look at rows: gradients, Hessian products, single rows, columns.
TEST(SparseTest, GivesWhatDenseRowsGive) {
  const std::map<std::string, Twins> twins = {{"linear", MakeTwins(700, 40, 6, 0)},
                                              {"logistic", MakeTwins(700, 40, 6, 2)},
                                              {"softmax", MakeTwins(700, 40, 6, 4)},
                                              {"mlp", MakeTwins(700, 40, 6, 3)}};
  const std::vector<Case> cases = {{"linear", "sgd", 32},       {"linear", "adam", 0},
                                   {"linear", "saga", 8},       {"linear", "coordinate_descent", 0},
                                   {"linear", "newton_cg", 0},  {"linear", "levenberg_marquardt", 0},
                                   {"logistic", "adagrad", 50}, {"logistic", "sag", 8},
                                   {"logistic", "svrg", 8},     {"logistic", "newton_cg", 0},
                                   {"softmax", "sgd", 64},      {"softmax", "lbfgs", 0},
                                   {"mlp", "adam", 64},         {"mlp", "newton_cg", 0}};
  for (const auto& [model, optimizer, batch_size] : cases) {
    SCOPED_TRACE(model + " " + optimizer);
    JobSpec spec = DatasetSpec(model, optimizer, {});
    if (optimizer == "sgd") spec.optimizer.SetNumber("learning_rate", 0.05);
    SetScaling("max_abs", &spec);
    if (model == "mlp") {
      spec.dataset->model.SetIntegers("hidden_sizes", {5});
      spec.dataset->model.SetChoice("activation", "tanh");
      spec.dataset->loss = Config(&FindLoss("cross_entropy")->kind);
    }
    if (optimizer != "sgd" && optimizer != "adagrad") AddL2(0.01, &spec);
    if (batch_size > 0) spec.batch = BatchOf("mini_batch", batch_size);
    // Where conjugate gradients stop is decided by the last digits, so that differences grow.
    spec.stopping = StoppingAfter(optimizer == "newton_cg" ? 5 : 25);
    spec.evaluation = EvaluationEvery(5, 0.2);
    const RunRecord sparse = RunToEnd(spec, twins.at(model).sparse);
    const RunRecord dense = RunToEnd(spec, twins.at(model).dense);
    const double tolerance = optimizer == "newton_cg" ? 1e-7 : 1e-9;
    ExpectClose(sparse.values, dense.values, tolerance);
    ExpectClose(sparse.parameters, dense.parameters, tolerance);
    ASSERT_EQ(sparse.evaluations.size(), dense.evaluations.size());
    EXPECT_NEAR(sparse.evaluations.back().held_out->loss, dense.evaluations.back().held_out->loss, 1e-9);
    ASSERT_EQ(sparse.termination->duality_gap.has_value(), dense.termination->duality_gap.has_value());
    if (sparse.termination->duality_gap.has_value()) {
      EXPECT_NEAR(*sparse.termination->duality_gap, *dense.termination->duality_gap,
                  1e-9 * (1 + std::abs(*dense.termination->duality_gap)));
    }
  }
}

// Where a step with gradient 0 changes nothing, leaving parameters out changes nothing: it is what such jobs get.
TEST(SparseTest, LazyUpdatesAreTheDefaultWhereTheyChangeNothing) {
  const TrainingData data = MakeTwins(600, 400, 4, 2).sparse;
  for (const std::string optimizer : {"sgd", "adagrad", "ftrl"}) {
    SCOPED_TRACE(optimizer);
    JobSpec spec = DatasetSpec("logistic", optimizer, {{"learning_rate", 0.2}});
    spec.batch = BatchOf("mini_batch", 7);
    spec.stopping = StoppingAfter(300);
    const JobSpec resolved = Resolve(spec, data);
    EXPECT_EQ(resolved.lazy_updates, true);
    const RunRecord lazy = RunToEnd(spec, data);
    spec.lazy_updates = false;
    const RunRecord plain = RunToEnd(spec, data);
    ExpectClose(lazy.values, plain.values, 1e-13);
    EXPECT_EQ(lazy.last.values, plain.last.values) << "to the last bit";
  }
  const auto resolved = [&data](JobSpec spec) {
    spec.batch = BatchOf("mini_batch", 7);
    return Resolve(spec, data).lazy_updates;
  };
  EXPECT_EQ(resolved(DatasetSpec("logistic", "sgd", {})), true);
  // All rows in every step, also where there are few.
  const TrainingData few = MakeTwins(10, 4000, 4, 2).sparse;
  EXPECT_EQ(Resolve(DatasetSpec("logistic", "sgd", {}), few).lazy_updates, false);
  // A number moves a parameter of every class.
  const TrainingData many = MakeTwins(600, 400, 4, 30).sparse;
  JobSpec softmax = DatasetSpec("softmax", "sgd", {});
  softmax.batch = BatchOf("mini_batch", 14);
  EXPECT_EQ(Resolve(softmax, many).lazy_updates, false);
  EXPECT_EQ(resolved(DatasetSpec("logistic", "sgd", {{"momentum", 0.9}})), false);
  EXPECT_EQ(resolved(DatasetSpec("logistic", "adam", {})), false);
  JobSpec penalised = DatasetSpec("logistic", "sgd", {});
  AddL2(0.1, &penalised);
  EXPECT_EQ(resolved(penalised), false);
  // Ftrl's first step goes to 0 wherever it starts.
  JobSpec elsewhere = DatasetSpec("logistic", "ftrl", {});
  elsewhere.initializer = KindOf(Initializers(), "normal");
  EXPECT_EQ(resolved(elsewhere), false);
  JobSpec scheduled = DatasetSpec("logistic", "ftrl", {});
  scheduled.schedule = KindOf(Schedules(), "cosine");
  EXPECT_EQ(resolved(scheduled), false);
  EXPECT_EQ(
      Resolve(DatasetSpec("logistic", "sgd", {}), {.table = SyntheticTable(50, 3, 2), .evaluation_table = nullptr})
          .lazy_updates,
      std::nullopt);
}

// Adam's rule for the parameters of the batch's features, all others left alone with their moments; the bias
// correction counts all steps.
TEST(SparseTest, LazyAdamFollowsItsRule) {
  const int64_t width = 60;
  const TrainingData data = MakeTwins(90, width, 3, 0).sparse;
  JobSpec spec = DatasetSpec("linear", "adam", {{"learning_rate", 0.05}});
  spec.batch = BatchOf("mini_batch", 4, Shuffling::kNone);
  spec.lazy_updates = true;
  spec.stopping = StoppingAfter(60);
  const RunRecord run = RunToEnd(spec, data);

  const SparseRows& rows = data.table->columns[0].sparse;
  const std::vector<double>& targets = data.table->columns[1].numbers;
  std::vector<double> x(static_cast<size_t>(width) + 1), m(x.size()), v(x.size());
  for (int t = 0; t < 60; ++t) {
    std::map<size_t, double> gradient;
    const int first = 4 * t % 92;
    const int count = std::min(4, 90 - first);
    for (int row = first; row < first + count; ++row) {
      double error = x.back() - targets[static_cast<size_t>(row)];
      const auto begin = static_cast<size_t>(rows.starts[static_cast<size_t>(row)]);
      const auto end = static_cast<size_t>(rows.starts[static_cast<size_t>(row) + 1]);
      for (size_t k = begin; k < end; ++k) error += x[static_cast<size_t>(rows.indices[k])] * rows.values[k];
      for (size_t k = begin; k < end; ++k) {
        gradient[static_cast<size_t>(rows.indices[k])] += 2 * error * rows.values[k] / count;
      }
      gradient[x.size() - 1] += 2 * error / count;
    }
    for (const auto& [i, g] : gradient) {
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.999 * v[i] + 0.001 * g * g;
      const double rate = 0.05 / (1 - std::pow(0.9, t + 1));
      x[i] -= rate * m[i] / (std::sqrt(v[i] / (1 - std::pow(0.999, t + 1))) + 1e-8);
    }
  }
  ExpectClose(run.last.values, x, 1e-12);
}

// The figures are those of tests/golden/sparse_adam.py.
TEST(SparseTest, LazyAdamIsTorchsSparseAdam) {
  auto table = std::make_shared<Table>();
  table->row_count = 6;
  table->schema.columns.push_back({"x", ColumnType::kSparseVector, ColumnRole::kFeature, {}, "", /*width=*/5});
  table->columns.emplace_back();
  table->columns[0].sparse = {
      {0, 2, 3, 5, 7, 8, 10}, {0, 3, 1, 2, 3, 0, 4, 4, 1, 2}, {1, -2, .5, 3, 1, -1, .25, 2, -1.5, 1}};
  AddColumn("y", {1, -2, .5, 3, -1, 2}, ColumnRole::kTarget, table.get());
  JobSpec spec = DatasetSpec("linear", "adam", {{"learning_rate", 0.05}});
  spec.dataset->model.SetBoolean("bias", false);
  spec.optimizer.SetChoice("epsilon_placement", "uncorrected");
  spec.batch = BatchOf("mini_batch", 2, Shuffling::kNone);
  spec.lazy_updates = true;
  spec.stopping = StoppingAfter(40);
  const RunRecord run = RunToEnd(spec, {.table = table, .evaluation_table = nullptr});
  ExpectClose(
      run.last.values,
      {-0.66448485324183082, -1.1155106510990955, 0.44996051585993418, -0.84830577897700754, -0.3532093905104659},
      1e-14);
}

// For every kind that can leave parameters out: steps on all of them are plain steps, bit for bit, and its arrays have
// one value a parameter.
TEST(LazyOptimizerTest, OnAllParametersIsThePlainOptimizer) {
  constexpr int64_t kSize = 9;
  ParameterLayout layout;
  layout.Add("w", {kSize}, TensorRole::kWeight);
  for (const OptimizerInfo* info : Optimizers()) {
    if (!info->elementwise) continue;
    SCOPED_TRACE(info->kind.name);
    Config config(&info->kind);
    if (info->kind.FindField("momentum") != nullptr) config.SetNumber("momentum", 0.9);
    const auto plain = MakeOptimizer<double>(config, layout);
    LazyOptimizer<double> lazy(config, layout);
    EXPECT_TRUE(plain->Numbers().empty());
    for (const absl::Span<double> array : plain->State()) EXPECT_EQ(static_cast<int64_t>(array.size()), kSize);
    std::vector<int64_t> order;
    for (int64_t i = 0; i < kSize; ++i) order.push_back((5 * i + 2) % kSize);
    std::vector<double> x(kSize, 1.0);
    std::vector<double> y = x;
    for (int64_t step = 0; step < 20; ++step) {
      std::vector<double> gradient;
      std::vector<double> shuffled;
      for (int64_t i = 0; i < kSize; ++i)
        gradient.push_back(RandomStream(3, "g", static_cast<uint64_t>(step)).Normal(static_cast<uint64_t>(i)));
      for (const int64_t i : order) shuffled.push_back(gradient[static_cast<size_t>(i)]);
      plain->Step({.step = step, .learning_rate = 0.1, .gradient = gradient}, absl::MakeSpan(x));
      lazy.Step({.step = step, .learning_rate = 0.1, .gradient = shuffled, .support = order}, absl::MakeSpan(y));
    }
    EXPECT_EQ(x, y);
    const auto plain_state = plain->State();
    const auto lazy_state = lazy.State();
    ASSERT_EQ(plain_state.size(), lazy_state.size());
    for (size_t i = 0; i < plain_state.size(); ++i) EXPECT_EQ(plain_state[i], lazy_state[i]);
  }
}

// Parameters that a step leaves out keep their values and state; those that it takes go as if they were alone.
TEST(LazyOptimizerTest, TakesPartsOfAnySize) {
  ParameterLayout layout;
  layout.Add("w", {9}, TensorRole::kWeight);
  ParameterLayout one;
  one.Add("w", {1}, TensorRole::kWeight);
  for (const OptimizerInfo* info : Optimizers()) {
    if (!info->elementwise) continue;
    SCOPED_TRACE(info->kind.name);
    const Config config(&info->kind);
    LazyOptimizer<double> lazy(config, layout);
    std::vector<std::unique_ptr<Optimizer<double>>> alone;
    for (int i = 0; i < 9; ++i) alone.push_back(MakeOptimizer<double>(config, one));
    std::vector<double> x(9, 1.0);
    std::vector<double> y = x;
    const std::vector<std::vector<int64_t>> parts = {{3}, {8, 0, 3, 5, 1}, {}, {2, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8},
                                                     {7}};
    for (int64_t step = 0; step < 24; ++step) {
      const std::vector<int64_t>& part = parts[static_cast<size_t>(step) % parts.size()];
      std::vector<double> gradient;
      for (const int64_t i : part) gradient.push_back(std::sin(static_cast<double>(step * 9 + i)));
      lazy.Step({.step = step, .learning_rate = 0.1, .gradient = gradient, .support = part}, absl::MakeSpan(x));
      for (size_t k = 0; k < part.size(); ++k) {
        const auto i = static_cast<size_t>(part[k]);
        alone[i]->Step({.step = step, .learning_rate = 0.1, .gradient = {&gradient[k], 1}}, {&y[i], 1});
      }
    }
    EXPECT_EQ(x, y);
    for (size_t a = 0; a < lazy.State().size(); ++a) {
      for (size_t i = 0; i < 9; ++i) EXPECT_EQ(lazy.State()[a][i], alone[i]->State()[a][0]);
    }
  }
}

void ExpectSameBitsForAnyNumberOfThreads(JobSpec spec, const TrainingData& data) {
  spec.stopping = StoppingAfter(8);
  spec.evaluation = EvaluationEvery(4, 0.2);
  const RunRecord alone = RunToEnd(spec, data);
  for (const int64_t threads : {2, 3, 7}) {
    spec.execution = Config(&ExecutionInfo());
    spec.execution.SetInteger("threads", threads);
    SCOPED_TRACE(threads);
    ExpectSameRun(alone, RunToEnd(spec, data));
  }
}

// Every optimizer on rows that several threads share.
TEST(SparseTest, SameBitsForAnyNumberOfThreads) {
  const Twins classes = MakeTwins(3000, 50, 5, 2);
  const Twins numbers = MakeTwins(3000, 50, 5, 0);
  for (const OptimizerInfo* info : Optimizers()) {
    // Those that name their losses are for least squares.
    const bool fits_numbers = !info->losses.empty();
    const Twins& twins = fits_numbers ? numbers : classes;
    JobSpec spec = DatasetSpec(fits_numbers ? "linear" : "logistic", info->kind.name, {});
    if (!info->needs_batch) spec.batch = BatchOf("mini_batch", 1100);
    SCOPED_TRACE(info->kind.name);
    ExpectSameBitsForAnyNumberOfThreads(spec, twins.dense);
    if (info->elementwise) spec.lazy_updates = true;
    SCOPED_TRACE("sparse");
    ExpectSameBitsForAnyNumberOfThreads(spec, twins.sparse);
  }
}

// Every model, with and without weights of the rows.
TEST(SparseTest, ModelsHaveTheSameBitsForAnyNumberOfThreads) {
  for (const ModelInfo* info : Models()) {
    SCOPED_TRACE(info->kind.name);
    const bool regression = FindLoss(info->losses[0])->task == Task::kRegression;
    const int64_t classes = info->kind.name == "logistic" ? 2 : regression ? 0 : 3;
    const Twins twins = MakeTwins(3000, 50, 5, classes);
    for (const TrainingData& data : {twins.sparse, twins.dense}) {
      JobSpec spec = DatasetSpec(info->kind.name, "adam", {});
      for (const Config& batch : {BatchOf("full"), BatchOf("mini_batch", 1100)}) {
        spec.batch = batch;
        ExpectSameBitsForAnyNumberOfThreads(spec, data);
      }
      auto weighted = std::make_shared<Table>(*data.table);
      std::vector<double> weights;
      for (int64_t row = 0; row < weighted->row_count; ++row) weights.push_back(static_cast<double>(row % 5) / 3);
      AddColumn("w", weights, ColumnRole::kWeight, weighted.get());
      ExpectSameBitsForAnyNumberOfThreads(spec, {.table = weighted, .evaluation_table = nullptr});
    }
  }
}

TEST(SparseTest, LazyRunsGoOnFromASnapshot) {
  const TrainingData data = MakeTwins(400, 300, 4, 3).sparse;
  for (const std::string optimizer : {"adam", "sgd", "rmsprop"}) {
    JobSpec spec = DatasetSpec("softmax", optimizer, {});
    if (optimizer == "sgd") spec.optimizer.SetNumber("momentum", 0.9);
    spec.lazy_updates = true;
    spec.batch = BatchOf("mini_batch", 5);
    spec.stopping = StoppingAfter(200);
    spec.precision = Precision::kFloat32;
    const RunRecord whole = RunToEnd(spec, data);
    const std::unique_ptr<Trainer> half = MakeTrainer(spec, data);
    StepBlock block;
    while (half->step() < 77) half->Advance(77 - half->step(), &block);
    const std::unique_ptr<Trainer> restored = MakeTrainer(spec, data);
    ASSERT_TRUE(restored->Restore(half->Snapshot()).ok());
    EXPECT_EQ(RunToEnd(restored.get()).last.values, whole.last.values) << optimizer;
  }
}

// The row before one that is not finite is kept, whichever parameters moved.
TEST(SparseTest, KeepsTheLastGoodRow) {
  const TrainingData data = MakeTwins(400, 300, 4, 0).sparse;
  JobSpec spec = DatasetSpec("linear", "sgd", {{"learning_rate", 1e200}});
  spec.batch = BatchOf("mini_batch", 2);
  spec.stopping = StoppingAfter(200);
  spec.record = RecordEvery(1, 1);
  const RunRecord run = RunToEnd(spec, data);
  ASSERT_EQ(run.termination->reason, TerminationReason::kNonFinite);
  const size_t size = run.last.values.size();
  const std::vector<double> before(run.parameters.end() - static_cast<ptrdiff_t>(2 * size),
                                   run.parameters.end() - static_cast<ptrdiff_t>(size));
  EXPECT_EQ(run.kept.values, before);
}

TEST(SparseTest, RefusesWhatWouldNotBeSparse) {
  const Twins twins = MakeTwins(30, 10, 3, 2);
  const auto refusal = [](const JobSpec& spec, const TrainingData& data) {
    Violations violations;
    ValidateSpec(spec, "spec", &violations);
    if (violations.empty()) PrepareProblem(spec, data, "spec", &violations);
    return std::string(violations.ToStatus().message());
  };
  JobSpec spec = DatasetSpec("logistic", "adam", {});
  spec.lazy_updates = true;
  EXPECT_THAT(refusal(spec, twins.sparse), HasSubstr("spec.lazy_updates: is for steps on a part of the rows"));
  spec.batch = BatchOf("mini_batch", 7);
  EXPECT_EQ(refusal(spec, twins.sparse), "");
  EXPECT_THAT(refusal(spec, twins.dense), HasSubstr("spec.lazy_updates: is for sparse data"));
  JobSpec penalised = spec;
  AddL2(0.1, &penalised);
  EXPECT_THAT(refusal(penalised, twins.sparse), HasSubstr("spec.problem.dataset.regularization.l2: reaches every"));
  JobSpec other = spec;
  other.optimizer = KindOf(Optimizers(), "lamb");
  EXPECT_THAT(refusal(other, twins.sparse), HasSubstr("spec.optimizer.lamb: cannot leave parameters out"));
  JobSpec standardized = DatasetSpec("logistic", "adam", {});
  Standardize(&standardized);
  EXPECT_THAT(refusal(standardized, twins.sparse), HasSubstr("\"x\" is a sparse vector"));
}

// Rows to predict may be narrower; what the model does not know is refused with its place.
TEST(SparseTest, EncodesOtherWidths) {
  const TrainingData data = MakeTwins(30, 10, 3, 0).sparse;
  const absl::StatusOr<FeatureEncoder> encoder =
      FeatureEncoder::Fit(*data.table, {}, Scaling::kNone, Task::kRegression);
  ASSERT_TRUE(encoder.ok());
  EXPECT_EQ(encoder->feature_count(), 10);
  Table rows;
  rows.row_count = 2;
  rows.schema.columns.push_back({"x", ColumnType::kSparseVector, ColumnRole::kFeature, {}, "", 99});
  rows.columns.emplace_back();
  rows.columns[0].sparse = {{0, 1, 2}, {9, 3}, {1.5, 2.5}};
  const absl::StatusOr<Matrix<double>> matrix = encoder->Encode<double>(rows, {}, /*with_targets=*/false);
  ASSERT_TRUE(matrix.ok()) << matrix.status();
  EXPECT_EQ(matrix->columns, 10);
  rows.columns[0].sparse.indices[1] = 10;
  EXPECT_THAT(encoder->Encode<double>(rows, {}, false).status().message(),
              HasSubstr("has a number at position 10 in line 2, from 0, and the model was trained on 10 positions"));
}

}  // namespace
}  // namespace descent::core
