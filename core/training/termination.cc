#include "core/training/termination.h"

#include <utility>

namespace descent::core {

void Termination::Write(ByteWriter* writer) const {
  writer->PutU8(static_cast<uint8_t>(reason));
  writer->PutString(message);
  writer->PutI64(step);
  writer->PutDouble(loss);
  writer->PutDouble(objective);
  writer->PutDouble(gradient_norm);
  writer->PutI64(kept_step);
  writer->PutBool(diagnosis.has_value());
  if (diagnosis.has_value()) diagnosis->Write(writer);
  writer->PutBool(non_finite.has_value());
  if (!non_finite.has_value()) return;
  writer->PutString(non_finite->tensor);
  writer->PutI64(non_finite->index);
  writer->PutI64(non_finite->step);
  writer->PutDouble(non_finite->value);
}

Termination Termination::Read(ByteReader* reader) {
  Termination termination;
  termination.reason = static_cast<TerminationReason>(reader->GetU8());
  termination.message = reader->GetString();
  termination.step = reader->GetI64();
  termination.loss = reader->GetDouble();
  termination.objective = reader->GetDouble();
  termination.gradient_norm = reader->GetDouble();
  termination.kept_step = reader->GetI64();
  if (reader->GetBool()) termination.diagnosis = Diagnosis::Read(reader);
  if (!reader->GetBool()) return termination;
  NonFinite found;
  found.tensor = reader->GetString();
  found.index = reader->GetI64();
  found.step = reader->GetI64();
  found.value = reader->GetDouble();
  termination.non_finite = std::move(found);
  return termination;
}

}  // namespace descent::core
