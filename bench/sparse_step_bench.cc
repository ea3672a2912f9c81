// What a step on sparse data costs when the model grows and the rows do not: lazy updates beside plain ones, and beside
// a bare loop over the same rows, in the same run. Prints JSON lines.
//
//   sparse_step_bench [seconds a case]
//
// Every row stores kStored numbers at random positions; a step takes kBatch rows. "bare" computes outputs and slopes of
// least squares and subtracts them from the weights, with nothing else: what the memory allows.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/models/model.h"
#include "core/optimizers/optimizer.h"
#include "core/training/step_block.h"
#include "core/training/trainer.h"

namespace descent::core {
namespace {

constexpr int64_t kRows = 20000;
constexpr int64_t kStored = 100;
constexpr int64_t kBatch = 32;

std::shared_ptr<const Table> MakeTable(int64_t width) {
  auto table = std::make_shared<Table>();
  table->row_count = kRows;
  table->schema.columns.push_back({"x", ColumnType::kSparseVector, ColumnRole::kFeature, {}, "", width});
  table->schema.columns.push_back({"y", ColumnType::kNumeric, ColumnRole::kTarget, {}, ""});
  table->columns.resize(2);
  SparseRows& rows = table->columns[0].sparse;
  rows.starts.push_back(0);
  for (int64_t row = 0; row < kRows; ++row) {
    const RandomStream random(5, "row", static_cast<uint64_t>(row));
    const int64_t stretch = width / kStored;
    for (int64_t k = 0; k < kStored; ++k) {
      const auto draw = static_cast<uint64_t>(k);
      rows.indices.push_back(static_cast<int32_t>(k * stretch) +
                             static_cast<int32_t>(random.Below(draw, static_cast<uint64_t>(stretch))));
      rows.values.push_back(random.Normal(1000 + draw));
    }
    rows.starts.push_back(static_cast<int64_t>(rows.values.size()));
    table->columns[1].numbers.push_back(random.Normal(5000));
  }
  return table;
}

double Now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Microseconds a step.
double TimeTrainer(const std::shared_ptr<const Table>& table, absl::string_view optimizer, bool lazy, double seconds) {
  JobSpec spec;
  spec.dataset.emplace();
  spec.dataset->model = Config(&FindModel("linear")->kind);
  spec.optimizer = Config(&FindOptimizer(optimizer)->kind);
  spec.optimizer.SetNumber("learning_rate", 1e-3);
  spec.batch = Config(Batches()[2]);
  spec.batch.SetInteger("size", kBatch);
  spec.lazy_updates = lazy;
  spec.stopping = Config(&StoppingInfo());
  spec.stopping.SetInteger("max_steps", int64_t{1} << 40);
  spec.record = Config(&RecordInfo());
  spec.record.SetInteger("parameters_every_steps", 0);
  spec.evaluation = Config(&EvaluationInfo());
  spec.evaluation.SetSteps("every", int64_t{1} << 40);
  spec.seed = 1;
  const TrainingData data = {.table = table, .evaluation_table = nullptr};
  Violations violations;
  const PreparedProblem problem = PrepareProblem(spec, data, "spec", &violations);
  const JobSpec resolved = ResolveSpec(spec, problem.shape, {}, 1, "spec", &violations);
  if (!violations.empty()) {
    std::fprintf(stderr, "%s\n", std::string(violations.ToStatus().message()).c_str());
    std::exit(1);
  }
  const std::unique_ptr<Trainer> trainer = *Trainer::Create(resolved, data);
  StepBlock block;
  for (int64_t step = 0; step < 200;) {  // row 0 evaluates all rows
    trainer->Advance(200, &block);
    step = trainer->step();
  }
  const int64_t before = trainer->step();
  const double start = Now();
  while (Now() < start + seconds) trainer->Advance(16, &block);
  return (Now() - start) / static_cast<double>(trainer->step() - before) * 1e6;
}

double TimeBareLoop(const Table& table, int64_t width, double seconds) {
  const SparseRows& rows = table.columns[0].sparse;
  std::vector<double> weights(static_cast<size_t>(width));
  const RandomStream random(9, "order");
  const double start = Now();
  uint64_t steps = 0;
  for (; Now() < start + seconds; ++steps) {
    for (int64_t i = 0; i < kBatch; ++i) {
      const auto row = static_cast<size_t>(random.Below(steps * kBatch + static_cast<uint64_t>(i), kRows));
      const auto begin = static_cast<size_t>(rows.starts[row]);
      const auto end = static_cast<size_t>(rows.starts[row + 1]);
      double output = 0;
      for (size_t k = begin; k < end; ++k) output += rows.values[k] * weights[static_cast<size_t>(rows.indices[k])];
      const double slope = 1e-3 / kBatch * (output - table.columns[1].numbers[row]);
      for (size_t k = begin; k < end; ++k) weights[static_cast<size_t>(rows.indices[k])] -= slope * rows.values[k];
    }
  }
  return (Now() - start) / static_cast<double>(steps) * 1e6;
}

void Run(double seconds) {
  for (const int64_t width : {10000, 100000, 1000000, 10000000}) {
    const std::shared_ptr<const Table> table = MakeTable(width);
    const double bare = TimeBareLoop(*table, width, seconds);
    for (const char* optimizer : {"sgd", "adagrad", "adam", "ftrl"}) {
      const double lazy = TimeTrainer(table, optimizer, true, seconds);
      const double plain = TimeTrainer(table, optimizer, false, seconds);
      std::printf(
          "{\"width\": %lld, \"optimizer\": \"%s\", \"stored_numbers_a_step\": %lld, \"bare_us\": %.2f, \"lazy_us\": "
          "%.2f, \"plain_us\": %.2f, \"lazy_to_bare\": %.2f, \"plain_to_lazy\": %.1f}\n",
          static_cast<long long>(width), optimizer, static_cast<long long>(kBatch * kStored), bare, lazy, plain,
          lazy / bare, plain / lazy);
      std::fflush(stdout);
    }
  }
}

}  // namespace
}  // namespace descent::core

int main(int argc, char** argv) {
  descent::core::Run(argc > 1 ? std::atof(argv[1]) : 1.0);
  return 0;
}
