#include "core/training/termination.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/format.h"

namespace descent::core {

void Termination::Certify(std::optional<double> gap) {
  duality_gap = gap;
  if (!gap.has_value()) return;
  absl::StrAppend(&message, " The objective is at most ", RoundedText(*gap, 3), " above its minimum (duality gap).");
}

void Termination::Conclude(const std::optional<Diagnosis>& found) {
  diagnosis = found;
  if (!found.has_value()) return;
  absl::StrAppend(&message, " ", found->Sentence());
  if (found->verdict == Verdict::kLimitCycle) {
    reason = TerminationReason::kLimitCycle;
  } else if (found->verdict != Verdict::kMinimum && found->verdict != Verdict::kFlatMinimum) {
    reason = TerminationReason::kStationary;
  }
}

void Termination::Write(ByteWriter* writer) const {
  writer->PutU8(static_cast<uint8_t>(reason));
  writer->PutString(message);
  writer->PutI64(step);
  writer->PutDouble(loss);
  writer->PutDouble(objective);
  writer->PutDouble(gradient_norm);
  writer->PutI64(kept_step);
  writer->PutBool(non_finite.has_value());
  if (non_finite.has_value()) {
    writer->PutString(non_finite->tensor);
    writer->PutI64(non_finite->index);
    writer->PutI64(non_finite->step);
    writer->PutDouble(non_finite->value);
  }
  writer->PutOptionalDouble(duality_gap);
  writer->PutBool(diagnosis.has_value());
  if (diagnosis.has_value()) diagnosis->Write(writer);
}

Termination Termination::Read(ByteReader* reader, bool with_certificates) {
  Termination termination;
  termination.reason = static_cast<TerminationReason>(reader->GetU8());
  termination.message = reader->GetString();
  termination.step = reader->GetI64();
  termination.loss = reader->GetDouble();
  termination.objective = reader->GetDouble();
  termination.gradient_norm = reader->GetDouble();
  termination.kept_step = reader->GetI64();
  if (reader->GetBool()) {
    NonFinite found;
    found.tensor = reader->GetString();
    found.index = reader->GetI64();
    found.step = reader->GetI64();
    found.value = reader->GetDouble();
    termination.non_finite = std::move(found);
  }
  if (!with_certificates) return termination;
  termination.duality_gap = reader->GetOptionalDouble();
  if (reader->GetBool()) termination.diagnosis = Diagnosis::Read(reader);
  return termination;
}

}  // namespace descent::core
