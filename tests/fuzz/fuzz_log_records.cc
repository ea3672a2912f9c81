// What a step log's records, a job's record and a snapshot hold, decoded from arbitrary bytes. What decodes must encode
// to something that decodes again.
//
// DEPENDS: descent_jobs ZLIB::ZLIB
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "core/training/trainer.h"
#include "server/jobs/job.h"
#include "server/jobs/records.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

// With a checksum made right, or nothing would get past it.
void ReadSnapshot(absl::string_view bytes) {
  std::string snapshot(bytes);
  const auto crc =
      static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const unsigned char*>(snapshot.data()), snapshot.size()));
  snapshot.append(reinterpret_cast<const char*>(&crc), sizeof crc);
  (void)descent::core::ReadSnapshotParameters(snapshot);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  using namespace descent;  // NOLINT(google-build-using-namespace): seven decoders in one list
  switch (data[0] % 8) {
    case 0:
      if (const auto rows = jobs::ParseRows(bytes); rows.ok()) {
        const std::string thin = jobs::ThinRows({.kind = jobs::RecordKind::kRows}, bytes);
        Require(jobs::ParseRows(thin)->rows == rows->rows);
        (void)rows->value(jobs::RowColumn::kGradientNorm, rows->rows - 1);
      }
      break;
    case 1:
      if (const auto event = jobs::DecodeStateChange(bytes); event.ok()) {
        Require(jobs::DecodeStateChange(jobs::EncodeStateChange(*event)).ok());
      }
      break;
    case 2:
      if (const auto event = jobs::DecodeEvaluation(bytes); event.ok()) {
        Require(jobs::DecodeEvaluation(jobs::EncodeEvaluation(*event)).ok());
      }
      break;
    case 3:
      if (const auto event = jobs::DecodeWarning(bytes); event.ok()) {
        Require(jobs::DecodeWarning(jobs::EncodeWarning(*event)).ok());
      }
      break;
    case 4:
      if (const auto event = jobs::DecodeMultiStart(bytes); event.ok()) {
        Require(jobs::DecodeMultiStart(jobs::EncodeMultiStart(*event)).ok());
      }
      break;
    case 5:
      (void)jobs::DecodeStatus(bytes);
      break;
    case 6:
      (void)jobs::DecodeFacts(bytes);
      break;
    default:
      ReadSnapshot(bytes);
  }
  return 0;
}
