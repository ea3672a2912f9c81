// A step takes no memory: counted by operators new of this program.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "gtest/gtest.h"
#include "tests/core/training/sparse_twins.h"
#include "tests/core/training/test_specs.h"

namespace {

std::atomic<int64_t> allocations{0};

void* Allocate(size_t size, size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = nullptr;
  if (posix_memalign(&memory, std::max(alignment, sizeof(void*)), size) != 0) std::abort();
  return memory;
}

}  // namespace

// Not inlined: g++ would take the memory for malloc's at one end and for new's at the other.
[[gnu::noinline]] void* operator new(size_t size) { return Allocate(size, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

namespace descent::core {
namespace {

// Allocations of 200 steps between two evaluations, in a block that was used before.
int64_t AllocationsOfSteps(JobSpec spec, const TrainingData& data) {
  spec.stopping = StoppingAfter(10000);
  spec.evaluation = EvaluationEvery(5000);
  const std::unique_ptr<Trainer> trainer = MakeTrainer(spec, data);
  StepBlock block;
  trainer->Advance(1, &block);
  trainer->Advance(200, &block);
  const int64_t before = allocations.load();
  trainer->Advance(200, &block);
  const int64_t after = allocations.load();
  EXPECT_EQ(block.rows(), 200);
  return after - before;
}

TEST(AllocationTest, StepsTakeNoMemory) {
  const TrainingData data = {.table = SyntheticTable(600, 4, 2), .evaluation_table = nullptr};
  const TrainingData few = {.table = SyntheticTable(30, 4, 2), .evaluation_table = nullptr};
  const TrainingData numbers = {.table = SyntheticTable(600, 4, 0), .evaluation_table = nullptr};
  for (const OptimizerInfo* optimizer : Optimizers()) {
    if (optimizer->needs_linear_rows || optimizer->needs_residuals) continue;
    EXPECT_EQ(AllocationsOfSteps(FunctionSpec("bowl", optimizer->kind.name, {}), {}), 0) << optimizer->kind.name;
  }
  for (const OptimizerInfo* optimizer : Optimizers()) {
    if (optimizer->needs_linear_rows || optimizer->needs_residuals) {
      JobSpec spec = DatasetSpec("linear", optimizer->kind.name, {});
      EXPECT_EQ(AllocationsOfSteps(spec, numbers), 0) << optimizer->kind.name;
      continue;
    }
    JobSpec spec = DatasetSpec("mlp", optimizer->kind.name, {});
    spec.dataset->loss = Config(&FindLoss("logistic")->kind);
    if (optimizer->needs_curvature) spec.dataset->model.SetChoice("activation", "tanh");
    // Products with the Hessian are many: of few rows.
    EXPECT_EQ(AllocationsOfSteps(spec, optimizer->needs_curvature ? few : data), 0) << optimizer->kind.name;
  }
  JobSpec formula = FunctionSpec("bowl", "adam", {});
  formula.function.reset();
  formula.formula.emplace();
  formula.formula->expression = "x^2 + y^2";
  formula.formula->parameters = {{"x", 1}, {"y", 1}};
  EXPECT_EQ(AllocationsOfSteps(formula, {}), 0);
  formula.formula->expression = "x0 ~ a*exp(b*x1)";
  formula.formula->dataset = "test";
  formula.formula->parameters = {{"a", 1}, {"b", 1}};
  formula.batch = BatchOf("mini_batch", 300);
  EXPECT_EQ(AllocationsOfSteps(formula, data), 0);
  const TrainingData sparse = MakeTwins(600, 50, 4, 2).sparse;
  for (const bool lazy : {false, true}) {
    JobSpec spec = DatasetSpec("logistic", "adam", {});
    spec.batch = BatchOf("mini_batch", 20);
    spec.lazy_updates = lazy;
    EXPECT_EQ(AllocationsOfSteps(spec, sparse), 0) << "lazy " << lazy;
  }
  const std::shared_ptr<Table> weighted = SyntheticTable(60, 4, 0);
  AddColumn("w", std::vector<double>(60, 0.5), ColumnRole::kWeight, weighted.get());
  for (const absl::string_view optimizer : {"sgd", "levenberg_marquardt"}) {
    JobSpec spec = DatasetSpec("mlp", optimizer, {});
    spec.dataset->model.SetIntegers("hidden_sizes", {3});
    spec.dataset->loss = Config(&FindLoss("squared")->kind);
    EXPECT_EQ(AllocationsOfSteps(spec, {.table = weighted, .evaluation_table = nullptr}), 0) << optimizer;
  }
  for (const absl::string_view model : {"logistic", "mlp"}) {
    for (const Config& batch : {BatchOf("full"), BatchOf("one_row"), BatchOf("mini_batch", 300)}) {
      JobSpec spec = DatasetSpec(model, "adam", {});
      spec.dataset->loss = Config(&FindLoss("logistic")->kind);
      AddL2(0.01, &spec);
      if (model == "mlp") {
        spec.dataset->model.SetBoolean("layer_norm", true);
        spec.dataset->model.SetNumber("dropout", 0.1);
      }
      spec.batch = batch;
      spec.execution = Config(&ExecutionInfo());
      spec.execution.SetInteger("threads", 2);
      EXPECT_EQ(AllocationsOfSteps(spec, data), 0) << model << " " << batch.name();
    }
  }
}

}  // namespace
}  // namespace descent::core
