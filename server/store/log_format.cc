#include "server/store/log_format.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "core/base/bytes.h"

namespace descent::store {
namespace {

constexpr absl::string_view kFileMagic = "DSCNTLOG";
constexpr uint32_t kFormatVersion = 1;
constexpr uint32_t kThinnedFlag = 1;

constexpr absl::string_view kRecordMagic = "DREC";
constexpr uint8_t kSealKind = 255;
constexpr uint8_t kEndsCommitFlag = 1;
constexpr size_t kRecordCrcOffset = 4;
constexpr size_t kRecordCheckedFrom = 8;

constexpr absl::string_view kSealMagic = "DSCNTEND";

template <size_t size>
std::array<char, size> ToArray(absl::string_view bytes) {
  std::array<char, size> array;
  std::memcpy(array.data(), bytes.data(), size);
  return array;
}

// Without the length that ByteWriter would put in front.
void PutRaw(core::ByteWriter& writer, absl::string_view bytes) {
  for (const char byte : bytes) writer.PutU8(static_cast<uint8_t>(byte));
}

bool IsKnownKind(uint8_t kind) {
  return kind >= static_cast<uint8_t>(jobs::RecordKind::kRows) &&
         kind <= static_cast<uint8_t>(jobs::RecordKind::kParameters);
}

}  // namespace

uint32_t Crc32(absl::string_view bytes, uint32_t seed) {
  return static_cast<uint32_t>(crc32_z(seed, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

uint32_t FileName::Seed() const {
  core::ByteWriter writer;
  PutRaw(writer, uid);
  writer.PutI64(number);
  return Crc32(writer.bytes());
}

FileHeaderBytes EncodeFileHeader(const FileName& name, const FileHeader& header) {
  core::ByteWriter writer;
  PutRaw(writer, kFileMagic);
  writer.PutU32(kFormatVersion);
  writer.PutU32(header.thinned ? kThinnedFlag : 0);
  writer.PutI64(name.number);
  writer.PutU32(0);
  writer.PutU32(Crc32(writer.bytes(), name.Seed()));
  return ToArray<kFileHeaderBytes>(writer.bytes());
}

std::optional<FileHeader> DecodeFileHeader(const FileName& name, absl::string_view bytes) {
  if (bytes.size() != kFileHeaderBytes || bytes.substr(0, kFileMagic.size()) != kFileMagic) return std::nullopt;
  core::ByteReader reader(bytes.substr(kFileMagic.size()));
  const uint32_t version = reader.GetU32();
  const uint32_t flags = reader.GetU32();
  const int64_t number = reader.GetI64();
  reader.GetU32();
  const uint32_t crc = reader.GetU32();
  if (crc != Crc32(bytes.substr(0, kFileHeaderBytes - sizeof crc), name.Seed())) return std::nullopt;
  if (version != kFormatVersion || number != name.number || (flags & ~kThinnedFlag) != 0) return std::nullopt;
  return FileHeader{.thinned = (flags & kThinnedFlag) != 0};
}

RecordHeaderBytes EncodeRecordHeader(uint32_t seed, const StoredHeader& header) {
  RecordHeaderBytes bytes;
  char* out = bytes.data();
  const auto put = [&out](const auto& value) {
    std::memcpy(out, &value, sizeof value);
    out += sizeof value;
  };
  std::memcpy(out, kRecordMagic.data(), kRecordMagic.size());
  out += kRecordMagic.size() + sizeof(uint32_t);
  put(header.payload_crc);
  put(static_cast<uint32_t>(header.payload_bytes));
  std::memset(out, 0, kUidBytes);
  std::memcpy(out, header.uid.data(), std::min(header.uid.size(), kUidBytes));
  out += kUidBytes;
  put(header.header.first_sequence);
  put(header.header.next_sequence);
  put(header.header.first_step);
  put(header.header.last_step);
  put(header.ordinal);
  put(header.seal ? kSealKind : static_cast<uint8_t>(header.header.kind));
  put(static_cast<uint8_t>(header.ends_commit ? kEndsCommitFlag : 0));
  put(uint16_t{0});
  put(header.commit);
  const uint32_t crc = Crc32(absl::string_view(bytes.data(), bytes.size()).substr(kRecordCheckedFrom), seed);
  std::memcpy(bytes.data() + kRecordCrcOffset, &crc, sizeof crc);
  return bytes;
}

std::optional<StoredHeader> DecodeRecordHeader(uint32_t seed, absl::string_view bytes) {
  if (bytes.size() != kRecordHeaderBytes || bytes.substr(0, kRecordMagic.size()) != kRecordMagic) return std::nullopt;
  core::ByteReader reader(bytes.substr(kRecordMagic.size()));
  if (reader.GetU32() != Crc32(bytes.substr(kRecordCheckedFrom), seed)) return std::nullopt;
  StoredHeader stored;
  stored.payload_crc = reader.GetU32();
  stored.payload_bytes = reader.GetU32();
  constexpr size_t kUidOffset = 16;
  stored.uid = std::string(bytes.substr(kUidOffset, kUidBytes));
  core::ByteReader rest(bytes.substr(kUidOffset + kUidBytes));
  stored.header.first_sequence = rest.GetI64();
  stored.header.next_sequence = rest.GetI64();
  stored.header.first_step = rest.GetI64();
  stored.header.last_step = rest.GetI64();
  stored.ordinal = rest.GetI64();
  const uint8_t kind = rest.GetU8();
  stored.seal = kind == kSealKind;
  stored.ends_commit = (rest.GetU8() & kEndsCommitFlag) != 0;
  rest.GetU8();
  rest.GetU8();
  stored.commit = rest.GetU32();
  if (!stored.seal && !IsKnownKind(kind)) return std::nullopt;
  if (!stored.seal) stored.header.kind = static_cast<jobs::RecordKind>(kind);
  if (stored.payload_bytes > kMaxPayloadBytes || stored.ordinal < 0 || stored.header.first_sequence < 0 ||
      stored.header.next_sequence < stored.header.first_sequence) {
    return std::nullopt;
  }
  return stored;
}

size_t FindRecordMagic(absl::string_view bytes, size_t from) { return bytes.find(kRecordMagic, from); }

std::string EncodeSeal(uint32_t seed, int64_t offset, uint32_t commit, const std::vector<SealEntry>& entries) {
  core::ByteWriter payload;
  for (const SealEntry& entry : entries) {
    PutRaw(payload, entry.uid);
    payload.PutI64(entry.records);
    payload.PutI64(entry.next_ordinal);
  }
  payload.PutI64(offset);
  PutRaw(payload, kSealMagic);
  StoredHeader stored;
  stored.payload_bytes = static_cast<int64_t>(payload.bytes().size());
  stored.payload_crc = Crc32(payload.bytes());
  stored.commit = commit;
  stored.ends_commit = true;
  stored.seal = true;
  const RecordHeaderBytes header = EncodeRecordHeader(seed, stored);
  return absl::StrCat(absl::string_view(header.data(), header.size()), payload.bytes());
}

std::optional<int64_t> DecodeSealTrailer(absl::string_view bytes) {
  if (bytes.size() != kSealTrailerBytes || bytes.substr(sizeof(int64_t)) != kSealMagic) return std::nullopt;
  return core::ByteReader(bytes).GetI64();
}

std::optional<std::vector<SealEntry>> DecodeSealPayload(absl::string_view payload) {
  constexpr size_t kEntryBytes = kUidBytes + 2 * sizeof(int64_t);
  if (payload.size() % kEntryBytes != kSealTrailerBytes) return std::nullopt;
  std::vector<SealEntry> entries(payload.size() / kEntryBytes);
  for (SealEntry& entry : entries) {
    entry.uid = std::string(payload.substr(0, kUidBytes));
    core::ByteReader reader(payload.substr(kUidBytes, kEntryBytes - kUidBytes));
    entry.records = reader.GetI64();
    entry.next_ordinal = reader.GetI64();
    payload.remove_prefix(kEntryBytes);
  }
  return entries;
}

}  // namespace descent::store
