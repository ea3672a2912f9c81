#include "core/training/snapshot.h"

#include <zlib.h>

#include <cstdint>
#include <set>
#include <string>

#include "core/base/bytes.h"
#include "core/training/averaging.h"
#include "core/training/clipping.h"
#include "core/training/parameter_groups.h"
#include "core/training/rate_reduction.h"
#include "gtest/gtest.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

// A run that is interrupted before `step`, and goes on in another trainer.
RunRecord RunInTwo(const JobSpec& spec, const TrainingData& data, int64_t step) {
  const std::unique_ptr<Trainer> first = MakeTrainer(spec, data);
  StepBlock block;
  RunRecord record;
  while (first->step() < step) {
    const Trainer::Progress progress = first->Advance(step - first->step(), &block);
    record.Append(block);
    if (progress.evaluation.has_value()) record.evaluations.push_back(*progress.evaluation);
  }
  const std::string snapshot = first->Snapshot();
  const std::unique_ptr<Trainer> second = MakeTrainer(spec, data);
  EXPECT_EQ(second->Restore(snapshot), absl::OkStatus());
  EXPECT_EQ(second->Snapshot(), snapshot);
  EXPECT_EQ(second->step(), step);
  RunRecord rest = RunToEnd(second.get());
  record.steps.insert(record.steps.end(), rest.steps.begin(), rest.steps.end());
  record.values.insert(record.values.end(), rest.values.begin(), rest.values.end());
  record.parameter_steps.insert(record.parameter_steps.end(), rest.parameter_steps.begin(), rest.parameter_steps.end());
  record.parameters.insert(record.parameters.end(), rest.parameters.begin(), rest.parameters.end());
  record.evaluations.insert(record.evaluations.end(), rest.evaluations.begin(), rest.evaluations.end());
  record.termination = rest.termination;
  record.last = rest.last;
  record.best = rest.best;
  record.kept = rest.kept;
  return record;
}

TEST(SnapshotTest, EveryOptimizerGoesOnBitForBit) {
  const TrainingData classes = {.table = SyntheticTable(40, 3, 2), .evaluation_table = nullptr};
  const TrainingData numbers = {.table = SyntheticTable(40, 3, 0), .evaluation_table = nullptr};
  for (const OptimizerInfo* optimizer : Optimizers()) {
    // Those with losses of their own are for numbers.
    const bool is_logistic = optimizer->losses.empty();
    const TrainingData& data = is_logistic ? classes : numbers;
    for (const Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
      for (const Config& batch : {BatchOf("full"), BatchOf("one_row"), BatchOf("mini_batch", 9),
                                  BatchOf("mini_batch", 9, Shuffling::kWithReplacement)}) {
        if (optimizer->needs_batch && batch.name() != "full") continue;
        JobSpec spec =
            DatasetSpec(is_logistic ? "logistic" : "linear", optimizer->kind.name, {{"learning_rate", 0.05}});
        for (const FieldInfo& field : optimizer->kind.fields) {
          if (field.name == "momentum") spec.optimizer.SetNumber("momentum", 0.9);
        }
        spec.precision = precision;
        spec.batch = batch;
        spec.stopping = StoppingAfter(70);
        spec.evaluation = EvaluationEvery(10, 0.2);
        spec.warmup = Config(&WarmupInfo());
        spec.warmup.SetSteps("length", 20);
        const RunRecord whole = RunToEnd(spec, data);
        for (const int64_t step : {0, 1, 33, 70}) {
          SCOPED_TRACE(absl::StrCat(optimizer->kind.name, " ", batch.name(), " ", step));
          ExpectSameRun(whole, RunInTwo(spec, data, step));
        }
      }
    }
  }
}

TEST(SnapshotTest, AveragesGroupsAndTheReducedRateGoOnBitForBit) {
  const TrainingData data = {.table = SyntheticTable(40, 3, 2), .evaluation_table = nullptr};
  for (const KindInfo* average : Averages()) {
    JobSpec spec = DatasetSpec("logistic", "adam", {{"learning_rate", 0.5}});
    spec.batch = BatchOf("mini_batch", 9);
    spec.stopping = StoppingAfter(70);
    spec.evaluation = EvaluationEvery(3, 0.2);
    spec.averaging = Config(average);
    spec.averaging.SetInteger("start", 20);
    spec.clipping = Config(&ClippingInfo());
    spec.clipping.SetNumber("max_norm", 0.1);
    spec.reduce_on_plateau = Config(&ReduceOnPlateauInfo());
    spec.reduce_on_plateau.SetInteger("patience", 1);
    spec.parameter_groups.emplace_back(&ParameterGroupInfo());
    spec.parameter_groups[0].SetText("tensors", "bias");
    spec.parameter_groups[0].SetNumber("learning_rate_factor", 3);
    const RunRecord whole = RunToEnd(spec, data);
    EXPECT_LT(whole.learning_rate(70), 0.5) << "the rate was reduced";
    for (const int64_t step : {0, 19, 20, 41, 70}) {
      SCOPED_TRACE(absl::StrCat(average->name, " ", step));
      ExpectSameRun(whole, RunInTwo(spec, data, step));
    }
  }
}

TEST(SnapshotTest, StoppingRulesRemember) {
  const TrainingData data = {.table = SyntheticTable(60, 20, 2), .evaluation_table = nullptr};
  JobSpec early = DatasetSpec("logistic", "sgd", {{"learning_rate", 2}});
  early.stopping = StoppingAfter(1000);
  early.evaluation = EvaluationEvery(5, 0.3);
  early.early_stopping = Config(&EarlyStoppingInfo());
  early.early_stopping.SetInteger("patience", 3);
  JobSpec plateau = FunctionSpec("ravine", "sgd", {{"learning_rate", 0.01}});
  plateau.stopping = StoppingAfter(100000);
  plateau.plateau = Config(&PlateauInfo());
  plateau.plateau.SetSteps("window", 50);
  plateau.plateau.SetNumber("min_delta", 1e-3);
  JobSpec diverging = FunctionSpec("bowl", "sgd", {{"learning_rate", 3}});
  JobSpec non_finite = FunctionSpec("bowl", "sgd", {{"learning_rate", 1e100}});
  non_finite.stopping = Config(&StoppingInfo());
  non_finite.stopping.SetNumber("divergence_objective", std::numeric_limits<double>::max());

  for (const JobSpec& spec : {early, plateau, diverging, non_finite}) {
    const RunRecord whole = RunToEnd(spec, data);
    EXPECT_NE(whole.termination->reason, TerminationReason::kStepBudget);
    for (int64_t step = 0; step <= whole.termination->step; ++step) {
      SCOPED_TRACE(absl::StrCat(whole.termination->message, " ", step));
      ExpectSameRun(whole, RunInTwo(spec, data, step));
    }
  }
}

TEST(SnapshotTest, KeepsHowARunEnded) {
  const std::unique_ptr<Trainer> trainer = MakeTrainer(FunctionSpec("bowl", "sgd", {{"learning_rate", 3}}));
  const RunRecord run = RunToEnd(trainer.get());
  const std::string snapshot = trainer->Snapshot();
  const std::unique_ptr<Trainer> other = MakeTrainer(FunctionSpec("bowl", "sgd", {{"learning_rate", 3}}));
  ASSERT_EQ(other->Restore(snapshot), absl::OkStatus());
  ASSERT_TRUE(other->termination().has_value());
  EXPECT_EQ(other->termination()->message, run.termination->message);
  EXPECT_EQ(other->kept().values, run.kept.values);

  const absl::StatusOr<SnapshotParameters> parameters = ReadSnapshotParameters(snapshot);
  ASSERT_TRUE(parameters.ok());
  EXPECT_EQ(parameters->last.step, run.last.step);
  EXPECT_EQ(parameters->last.values, run.last.values);
  EXPECT_EQ(parameters->best.values, run.best.values);
  EXPECT_EQ(parameters->kept.step, run.kept.step);
  EXPECT_EQ(parameters->kept.values, run.kept.values);
}

TEST(SnapshotTest, DamageIsRefusedAndChangesNothing) {
  const JobSpec spec = FunctionSpec("rosenbrock", "adam", {});
  const std::unique_ptr<Trainer> trainer = MakeTrainer(spec);
  StepBlock block;
  trainer->Advance(1, &block);
  trainer->Advance(10, &block);
  const std::string snapshot = trainer->Snapshot();
  const std::unique_ptr<Trainer> other = MakeTrainer(spec);
  const std::string untouched = other->Snapshot();
  const auto expect_refused = [&](const std::string& bytes) {
    EXPECT_EQ(GetErrorInfo(other->Restore(bytes)).reason, ErrorReason::kStoredDataDamaged);
    EXPECT_EQ(GetErrorInfo(ReadSnapshotParameters(bytes).status()).reason, ErrorReason::kStoredDataDamaged);
  };
  for (size_t i = 0; i < snapshot.size(); ++i) {
    std::string damaged = snapshot;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    expect_refused(damaged);
    expect_refused(snapshot.substr(0, i));
  }
  expect_refused(snapshot + '\0');
  EXPECT_EQ(other->Snapshot(), untouched);
  EXPECT_EQ(other->Restore(snapshot), absl::OkStatus());
}

// What 0.1.0 wrote: the parameters of its jobs are still there.
TEST(SnapshotTest, TheFirstVersionIsStillRead) {
  const std::vector<double> last = {1, 2};
  const std::vector<double> best = {3, 4};
  ByteWriter writer;
  writer.PutU32(0x50534e44);
  writer.PutU32(1);
  writer.PutString("fingerprint");
  writer.PutU8(sizeof(double));
  writer.PutI64(7);
  writer.PutArray<double>(last);
  writer.PutArray<double>(last);
  StoppingState().Write(&writer);
  writer.PutI64(5);
  writer.PutArray<double>(best);
  writer.PutBool(true);
  writer.PutU8(static_cast<uint8_t>(TerminationReason::kStoppedEarly));
  writer.PutString("stopped");
  writer.PutI64(7);
  for (int i = 0; i < 3; ++i) writer.PutDouble(0.5);
  writer.PutI64(5);
  writer.PutBool(false);
  writer.PutU64(1);
  writer.PutArray<double>(last);
  const std::string body(writer.bytes());
  writer.PutU32(static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size())));
  const absl::StatusOr<SnapshotParameters> parameters = ReadSnapshotParameters(writer.bytes());
  ASSERT_EQ(parameters.status(), absl::OkStatus());
  EXPECT_EQ(parameters->last.values, last);
  EXPECT_EQ(parameters->kept.values, best);
  EXPECT_EQ(parameters->kept.step, 5);
}

TEST(SnapshotTest, BytesWithACorrectChecksumAreStillJudged) {
  const std::unique_ptr<Trainer> trainer = MakeTrainer(FunctionSpec("rosenbrock", "adam", {}));
  const std::string snapshot = trainer->Snapshot();
  const absl::StatusOr<SnapshotContents<double>> contents = ReadSnapshot<double>(snapshot);
  ASSERT_TRUE(contents.ok());
  RunState<double> run = contents->run;
  const std::vector<double> moment = {1, 2};
  OptimizerState<double> state{.arrays = {moment, moment}, .numbers = {}};
  EXPECT_EQ(trainer->Restore(WriteSnapshot<double>(contents->fingerprint, run, state)), absl::OkStatus());
  // An array too few, a parameter too many, another spec.
  EXPECT_FALSE(
      trainer->Restore(WriteSnapshot<double>(contents->fingerprint, run, {.arrays = {moment}, .numbers = {}})).ok());
  // A guard's state of another size.
  run.guard.good_step = 0;
  EXPECT_FALSE(trainer->Restore(WriteSnapshot<double>(contents->fingerprint, run, state)).ok());
  run.guard = {};
  run.parameters.push_back(1);
  EXPECT_FALSE(trainer->Restore(WriteSnapshot<double>(contents->fingerprint, run, state)).ok());
  run.previous.push_back(1);
  EXPECT_FALSE(trainer->Restore(WriteSnapshot<double>(contents->fingerprint, run, state)).ok());
  EXPECT_FALSE(MakeTrainer(FunctionSpec("rosenbrock", "adam", {{"beta1", 0.8}}))->Restore(snapshot).ok());
  JobSpec float32 = FunctionSpec("rosenbrock", "adam", {});
  float32.precision = Precision::kFloat32;
  EXPECT_FALSE(MakeTrainer(float32)->Restore(snapshot).ok());
}

// Behind the checksum the reader must hold as well: any byte may be anything, and nothing is read or made out of
// bounds.
TEST(SnapshotTest, AnyBytesBehindTheChecksumAreSafe) {
  const std::unique_ptr<Trainer> trainer = MakeTrainer(FunctionSpec("bowl", "adam", {{"learning_rate", 1}}));
  RunToEnd(trainer.get());
  const std::string snapshot = trainer->Snapshot();
  const auto with_checksum = [](std::string body) {
    const auto crc = static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size()));
    body.append(reinterpret_cast<const char*>(&crc), sizeof crc);
    return body;
  };
  const std::string body = snapshot.substr(0, snapshot.size() - sizeof(uint32_t));
  EXPECT_EQ(with_checksum(body), snapshot);
  int refused = 0;
  for (size_t i = 0; i < body.size(); ++i) {
    for (const unsigned char byte : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      std::string changed = body;
      changed[i] = static_cast<char>(byte);
      const absl::Status status = trainer->Restore(with_checksum(changed));
      if (!status.ok()) ++refused;
      EXPECT_TRUE(status.ok() || GetErrorInfo(status).reason == ErrorReason::kStoredDataDamaged);
      const absl::StatusOr<SnapshotParameters> parameters = ReadSnapshotParameters(with_checksum(changed));
      EXPECT_TRUE(!parameters.ok() || parameters->kept.values.size() == parameters->last.values.size());
    }
    EXPECT_FALSE(trainer->Restore(with_checksum(body.substr(0, i))).ok());
  }
  EXPECT_GT(refused, 500);
}

TEST(SnapshotTest, RecordExecutionAndLabelsDoNotMatter) {
  JobSpec spec = FunctionSpec("rosenbrock", "adam", {});
  const std::unique_ptr<Trainer> trainer = MakeTrainer(spec);
  const std::string snapshot = trainer->Snapshot();
  spec.record = RecordEvery(10, 0);
  spec.execution = Config(&ExecutionInfo());
  spec.execution.SetInteger("threads", 2);
  spec.labels["team"] = "blue";
  EXPECT_EQ(MakeTrainer(spec)->Restore(snapshot), absl::OkStatus());
}

// What changes the bits of a run changes its fingerprint, so that no snapshot is taken for another's.
TEST(SnapshotTest, FingerprintsTellSpecsApart) {
  const TrainingData data = {.table = SyntheticTable(50, 3, 2), .evaluation_table = nullptr};
  const JobSpec spec = Resolve(DatasetSpec("logistic", "sgd", {}), data);
  JobSpec weighted = spec;
  weighted.dataset->class_weights = ClassWeights{.balanced = true, .weights = {}};
  JobSpec otherwise = spec;
  otherwise.dataset->class_weights = ClassWeights{.balanced = false, .weights = {{"class1", 2}}};
  JobSpec lazy = spec;
  lazy.lazy_updates = true;
  const std::set<std::string> all = {SpecFingerprint(spec), SpecFingerprint(weighted), SpecFingerprint(otherwise),
                                     SpecFingerprint(lazy)};
  EXPECT_EQ(all.size(), 4u);
}

}  // namespace
}  // namespace descent::core
