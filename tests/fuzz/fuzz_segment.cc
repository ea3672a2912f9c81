// Step log files: whatever the bytes are, a scan ends, stays inside the file and says the same twice; and a file that
// was recovered is complete and holds what the first scan found.

// DEPENDS: descent_store descent_memory_env

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/base/bytes.h"
#include "server/store/log_format.h"
#include "server/store/log_scan.h"
#include "server/store/log_writer.h"
#include "tests/faults/memory_env.h"

namespace descent::store {
namespace {

constexpr char kPath[] = "/log/file";

void Require(bool condition, int line = __builtin_LINE()) {
  if (condition) return;
  std::fprintf(stderr, "line %d does not hold\n", line);
  std::abort();
}

// A file whose checksums are right, with headers that the input chooses.
std::string BuildFile(const FileName& name, absl::string_view input) {
  core::ByteReader reader(input);
  const FileHeaderBytes file_header = EncodeFileHeader(name, {.thinned = reader.GetBool()});
  std::string file(file_header.data(), file_header.size());
  while (reader.remaining() > 0) {
    StoredHeader stored;
    stored.uid = std::string(kUidBytes, static_cast<char>(reader.GetU8() % 3));
    stored.header.kind = static_cast<jobs::RecordKind>(reader.GetU8());
    stored.header.first_sequence = reader.GetU8();
    stored.header.next_sequence = reader.GetU8();
    stored.ordinal = reader.GetU8();
    stored.commit = reader.GetU8();
    const uint8_t flags = reader.GetU8();
    stored.ends_commit = (flags & 1) != 0;
    stored.seal = (flags & 2) != 0;
    const std::string payload(reader.GetU8(), 'p');
    stored.payload_crc = Crc32(payload);
    // Now and then a size or a checksum that is not the payload's.
    stored.payload_bytes = (flags & 4) != 0 ? reader.GetU32() : static_cast<int64_t>(payload.size());
    if ((flags & 8) != 0) ++stored.payload_crc;
    if ((flags & 16) != 0) {
      file += EncodeSeal(name.Seed(), static_cast<int64_t>(file.size()), stored.commit,
                         {{stored.uid, reader.GetU8(), reader.GetU8()}});
      continue;
    }
    const RecordHeaderBytes header = EncodeRecordHeader(name.Seed(), stored);
    file.append(header.data(), header.size()).append(payload);
  }
  return file;
}

FileScan Scan(core::Env& env, const FileName& name) {
  const auto file = env.OpenForRead(kPath);
  Require(file.ok());
  absl::StatusOr<FileScan> scan = ScanFile(**file, name);
  Require(scan.ok());
  return *std::move(scan);
}

void CheckScan(const FileScan& scan, int64_t size) {
  Require(scan.end >= 0 && scan.end <= size);
  for (const auto& [uid, job] : scan.jobs) {
    Require(uid.size() == kUidBytes && job.bytes >= 0 && job.records >= 0);
    if (job.records == 0) continue;
    Require(job.first_offset >= kFileHeaderBytes && job.first_offset < job.end_offset && job.end_offset <= scan.end);
  }
}

void FuzzFile(const std::string& contents) {
  const FileName name{std::string(kUidBytes, '\0'), 0};
  faults::MemoryEnv env(1);
  Require(env.CreateDirectories("/log").ok() && env.OpenForAppend(kPath).ok());
  env.SetContents(kPath, contents);
  FileScan scan = Scan(env, name);
  CheckScan(scan, static_cast<int64_t>(contents.size()));

  int64_t visited = 0;
  const auto file = env.OpenForRead(kPath);
  Require(VisitRecords(**file, name, kFileHeaderBytes, static_cast<int64_t>(contents.size()),
                       [&](const StoredHeader&, int64_t) { ++visited; })
              .ok());
  int64_t records = 0;
  for (const auto& [uid, job] : scan.jobs) records += job.records;
  Require(records <= visited);

  const bool damaged = scan.damaged;
  const int64_t end = scan.end;
  Require(RecoverFile(&env, kPath, name, &scan).ok());
  if (end == 0) {
    Require(env.Files().empty());
    return;
  }
  const FileScan again = Scan(env, name);
  Require(again.damaged == damaged && again.damaged_jobs == scan.damaged_jobs);
  Require(damaged || (again.sealed && again.end == scan.end));
  Require(again.jobs.size() == scan.jobs.size());
  for (const auto& [uid, job] : scan.jobs) {
    const auto found = again.jobs.find(uid);
    Require(found != again.jobs.end() && found->second.records == job.records &&
            found->second.end_offset == job.end_offset && found->second.next_ordinal == job.next_ordinal);
  }
}

}  // namespace
}  // namespace descent::store

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const descent::store::FileName name{std::string(descent::store::kUidBytes, '\0'), 0};
  descent::store::FuzzFile(data[0] % 2 == 0 ? input : descent::store::BuildFile(name, input));
  return 0;
}
