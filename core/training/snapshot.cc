#include "core/training/snapshot.h"

#include <zlib.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/bytes.h"
#include "core/base/errors.h"
#include "core/base/status.h"
#include "core/data/table.h"

namespace descent::core {
namespace {

constexpr uint32_t kMagic = 0x50534e44;  // "DNSP"
constexpr uint32_t kVersion = 2;

absl::Status Damaged(absl::string_view what) {
  return MakeError(ErrorReason::kStoredDataDamaged, absl::StrCat("a snapshot cannot be used: ", what));
}

uint32_t Crc32(absl::string_view bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

void PutConfig(const Config& config, ByteWriter* writer) {
  writer->PutString(config.name());
  writer->PutU64(config.values().size());
  for (const Value& value : config.values()) {
    writer->PutBool(value.is_set);
    writer->PutDouble(value.number);
    writer->PutI64(value.integer);
    writer->PutBool(value.in_epochs);
    writer->PutString(value.text);
    writer->PutArray<double>(value.numbers);
    writer->PutArray<int64_t>(value.integers);
  }
}

template <typename T>
void PutVector(const AlignedVector<T>& values, ByteWriter* writer) {
  writer->PutArray(absl::Span<const T>(values.data(), values.size()));
}

template <typename T>
AlignedVector<T> GetVector(ByteReader* reader) {
  const std::vector<T> values = reader->GetArray<T>();
  return AlignedVector<T>(values.begin(), values.end());
}

// The bytes between version and checksum.
struct Body {
  uint32_t version = 0;
  absl::string_view bytes;
};
absl::StatusOr<Body> CheckedBody(absl::string_view bytes) {
  if (bytes.size() < 3 * sizeof(uint32_t)) return Damaged("it is cut short");
  const absl::string_view checked = bytes.substr(0, bytes.size() - sizeof(uint32_t));
  ByteReader end(bytes.substr(checked.size()));
  if (end.GetU32() != Crc32(checked)) return Damaged("its checksum does not match its bytes");
  ByteReader begin(checked);
  if (begin.GetU32() != kMagic) return Damaged("it does not begin as one");
  const uint32_t version = begin.GetU32();
  if (version < 1 || version > kVersion) {
    return Damaged(absl::StrCat("its version is ", version, ", not at most ", kVersion));
  }
  return Body{version, checked.substr(2 * sizeof(uint32_t))};
}

template <typename T>
ParameterVector Widen(int64_t step, const AlignedVector<T>& values) {
  return {step, std::vector<double>(values.begin(), values.end())};
}

template <typename T>
absl::StatusOr<SnapshotParameters> ReadParametersAs(absl::string_view bytes) {
  DESCENT_ASSIGN_OR_RETURN(const SnapshotContents<T> contents, ReadSnapshot<T>(bytes));
  return SnapshotParameters{LastParameters(contents.run), BestParameters(contents.run), KeptParameters(contents.run)};
}

void PutClassWeights(const ClassWeights& classes, ByteWriter* writer) {
  writer->PutBool(classes.balanced);
  writer->PutU64(classes.weights.size());
  for (const auto& [name, weight] : classes.weights) {
    writer->PutString(name);
    writer->PutDouble(weight);
  }
}

void PutFormula(const FormulaProblem& formula, ByteWriter* writer) {
  writer->PutString(formula.expression);
  writer->PutString(formula.dataset);
  writer->PutString(formula.dataset_version);
  PutConfig(formula.loss, writer);
  writer->PutU64(formula.parameters.size());
  for (const FormulaParameter& parameter : formula.parameters) {
    writer->PutString(parameter.name);
    writer->PutOptionalDouble(parameter.start);
    writer->PutOptionalDouble(parameter.lower);
    writer->PutOptionalDouble(parameter.upper);
  }
}

}  // namespace

std::string SpecFingerprint(const JobSpec& spec) {
  ByteWriter writer;
  writer.PutBool(spec.dataset.has_value());
  if (spec.dataset.has_value()) {
    writer.PutString(spec.dataset->dataset);
    writer.PutString(spec.dataset->dataset_version);
    PutConfig(spec.dataset->model, &writer);
    PutConfig(spec.dataset->loss, &writer);
    writer.PutU64(spec.dataset->penalties.size());
    for (const Config& penalty : spec.dataset->penalties) PutConfig(penalty, &writer);
    PutConfig(spec.dataset->preprocessing, &writer);
    // Only when set, so that specs without have the fingerprints that they always had.
    if (spec.dataset->class_weights.has_value()) PutClassWeights(*spec.dataset->class_weights, &writer);
  }
  writer.PutString(spec.function.value_or(""));
  writer.PutBool(spec.formula.has_value());
  if (spec.formula.has_value()) PutFormula(*spec.formula, &writer);
  writer.PutI64(spec.starts.value_or(0));
  writer.PutU64(spec.seed.value_or(0));
  writer.PutU8(static_cast<uint8_t>(spec.precision));
  writer.PutU64(spec.parameter_groups.size());
  for (const Config& group : spec.parameter_groups) PutConfig(group, &writer);
  for (const Config* config : {&spec.reduce_on_plateau, &spec.clipping, &spec.averaging, &spec.guard, &spec.initializer,
                               &spec.optimizer, &spec.schedule, &spec.warmup, &spec.batch, &spec.stopping,
                               &spec.plateau, &spec.early_stopping, &spec.evaluation}) {
    PutConfig(*config, &writer);
  }
  if (spec.lazy_updates.has_value()) writer.PutBool(*spec.lazy_updates);
  return Sha256Hex(writer.bytes());
}

template <typename T>
std::string WriteSnapshot(absl::string_view fingerprint, const RunState<T>& run, const OptimizerState<T>& optimizer) {
  ByteWriter writer;
  writer.PutU32(kMagic);
  writer.PutU32(kVersion);
  writer.PutString(fingerprint);
  writer.PutU8(sizeof(T));
  writer.PutI64(run.step);
  PutVector(run.parameters, &writer);
  PutVector(run.answer, &writer);
  PutVector(run.previous, &writer);
  run.stopping.Write(&writer);
  run.rate_reduction.Write(&writer);
  run.guard.Write(&writer);
  writer.PutI64(run.best_step);
  PutVector(run.best, &writer);
  writer.PutBool(run.termination.has_value());
  if (run.termination.has_value()) run.termination->Write(&writer);
  optimizer.Write(&writer);
  writer.PutU32(Crc32(writer.bytes()));
  return writer.TakeBytes();
}

template <typename T>
absl::StatusOr<SnapshotContents<T>> ReadSnapshot(absl::string_view bytes) {
  DESCENT_ASSIGN_OR_RETURN(const Body body, CheckedBody(bytes));
  const bool is_first_version = body.version == 1;
  ByteReader reader(body.bytes);
  SnapshotContents<T> contents;
  contents.fingerprint = reader.GetString();
  if (reader.GetU8() != sizeof(T)) return Damaged("its precision is not that of the spec");
  contents.run.step = reader.GetI64();
  contents.run.parameters = GetVector<T>(&reader);
  if (!is_first_version) contents.run.answer = GetVector<T>(&reader);
  contents.run.previous = GetVector<T>(&reader);
  contents.run.stopping = StoppingState::Read(&reader);
  if (!is_first_version) {
    contents.run.rate_reduction = RateReductionState::Read(&reader);
    contents.run.guard = GuardState<T>::Read(&reader);
  }
  contents.run.best_step = reader.GetI64();
  contents.run.best = GetVector<T>(&reader);
  if (reader.GetBool()) contents.run.termination = Termination::Read(&reader, /*with_certificates=*/!is_first_version);
  contents.optimizer.arrays = reader.GetArrays<T>();
  if (!is_first_version) contents.optimizer.numbers = reader.GetArrays<double>();
  const size_t size = contents.run.parameters.size();
  const auto fits = [size](const AlignedVector<T>& vector) { return vector.empty() || vector.size() == size; };
  const bool sizes_fit = contents.run.previous.size() == size && fits(contents.run.answer) && fits(contents.run.best) &&
                         contents.run.step >= 0;
  const bool ends_well = !contents.run.termination.has_value() || contents.run.termination->is_known();
  if (reader.failed() || reader.remaining() != 0 || !sizes_fit || !ends_well)
    return Damaged("its parts do not fit together");
  return contents;
}

template <typename T>
ParameterVector LastParameters(const RunState<T>& run) {
  return Widen(run.step, run.answer.empty() ? run.parameters : run.answer);
}

template <typename T>
ParameterVector BestParameters(const RunState<T>& run) {
  return run.best.empty() ? LastParameters(run) : Widen(run.best_step, run.best);
}

template <typename T>
ParameterVector KeptParameters(const RunState<T>& run) {
  if (!run.termination.has_value() || run.termination->kept_step == run.step) return LastParameters(run);
  if (!run.best.empty() && run.termination->kept_step == run.best_step) return BestParameters(run);
  return Widen(run.step - 1, run.previous);
}

absl::StatusOr<SnapshotParameters> ReadSnapshotParameters(absl::string_view snapshot) {
  DESCENT_ASSIGN_OR_RETURN(const Body body, CheckedBody(snapshot));
  ByteReader reader(body.bytes);
  reader.GetView();
  return reader.GetU8() == sizeof(float) ? ReadParametersAs<float>(snapshot) : ReadParametersAs<double>(snapshot);
}

template std::string WriteSnapshot(absl::string_view, const RunState<float>&, const OptimizerState<float>&);
template std::string WriteSnapshot(absl::string_view, const RunState<double>&, const OptimizerState<double>&);
template absl::StatusOr<SnapshotContents<float>> ReadSnapshot(absl::string_view);
template absl::StatusOr<SnapshotContents<double>> ReadSnapshot(absl::string_view);
template ParameterVector LastParameters(const RunState<float>&);
template ParameterVector LastParameters(const RunState<double>&);
template ParameterVector BestParameters(const RunState<float>&);
template ParameterVector BestParameters(const RunState<double>&);
template ParameterVector KeptParameters(const RunState<float>&);
template ParameterVector KeptParameters(const RunState<double>&);

}  // namespace descent::core
