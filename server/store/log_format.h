// The bytes of step log files: file header, record header, seal. docs/step_log_format.md describes them byte by byte.
#ifndef DESCENT_SERVER_STORE_LOG_FORMAT_H_
#define DESCENT_SERVER_STORE_LOG_FORMAT_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/jobs/log_store.h"

namespace descent::store {

inline constexpr int64_t kFileHeaderBytes = 32;
inline constexpr int64_t kRecordHeaderBytes = 80;
inline constexpr size_t kUidBytes = 16;
// Larger payloads are refused: nothing that is written comes near, and a damaged size cannot ask for more memory.
inline constexpr int64_t kMaxPayloadBytes = int64_t{1} << 30;

using FileHeaderBytes = std::array<char, kFileHeaderBytes>;
using RecordHeaderBytes = std::array<char, kRecordHeaderBytes>;

// Which file it is, as its path says. All checksums of records are seeded with it, so that a record is valid only in
// the file it was written to: neither stale disk blocks nor a payload that contains a log can be taken for one.
struct FileName {
  std::string uid;  // 16 bytes; zeros for a journal
  int64_t number = 0;

  uint32_t Seed() const;
};

// The beginning of a file.
struct FileHeader {
  // The thin function has been applied to this file; the numbers of records left out are missing.
  bool thinned = false;
};
FileHeaderBytes EncodeFileHeader(const FileName& name, const FileHeader& header);
// Nothing when the bytes (kFileHeaderBytes) are not the header of that file, or of another format version.
std::optional<FileHeader> DecodeFileHeader(const FileName& name, absl::string_view bytes);

// The header of a record as stored.
struct StoredHeader {
  jobs::RecordHeader header;
  std::string uid;  // 16 bytes; zeros for a seal
  // Counts the records of a job from 0.
  int64_t ordinal = 0;
  int64_t payload_bytes = 0;
  uint32_t payload_crc = 0;
  // Counts the commits (writes followed by one sync) of a file from 0.
  uint32_t commit = 0;
  bool ends_commit = false;
  bool seal = false;
};
RecordHeaderBytes EncodeRecordHeader(uint32_t seed, const StoredHeader& header);
// Nothing when the bytes (kRecordHeaderBytes) are not a valid header.
std::optional<StoredHeader> DecodeRecordHeader(uint32_t seed, absl::string_view bytes);
// Where the next bytes that look like a header begin, or npos.
size_t FindRecordMagic(absl::string_view bytes, size_t from);

// CRC-32 as zlib has it.
uint32_t Crc32(absl::string_view bytes, uint32_t seed = 0);

// The last record of a file that is complete: what must be in it.
struct SealEntry {
  std::string uid;
  int64_t records = 0;
  int64_t next_ordinal = 0;
};
// Header and payload of a seal that is written at `offset`.
std::string EncodeSeal(uint32_t seed, int64_t offset, uint32_t commit, const std::vector<SealEntry>& entries);
// Size of the end of a seal that tells where the seal begins.
inline constexpr int64_t kSealTrailerBytes = 16;
// Where the seal begins, told by the last kSealTrailerBytes of a file.
std::optional<int64_t> DecodeSealTrailer(absl::string_view bytes);
std::optional<std::vector<SealEntry>> DecodeSealPayload(absl::string_view payload);

}  // namespace descent::store

#endif  // DESCENT_SERVER_STORE_LOG_FORMAT_H_
