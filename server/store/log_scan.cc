#include "server/store/log_scan.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/status.h"

namespace descent::store {
namespace {

// Reads a file through a window, so that short records do not cost a system call each.
class WindowReader {
 public:
  WindowReader(const core::RandomAccessFile& file, uint32_t seed, int64_t end) : file_(file), seed_(seed), end_(end) {}

  // The header at `offset`, if it is valid and its payload ends in time.
  absl::StatusOr<std::optional<StoredHeader>> HeaderAt(int64_t offset) {
    if (offset + kRecordHeaderBytes > end_) return std::nullopt;
    DESCENT_ASSIGN_OR_RETURN(const absl::string_view bytes, Bytes(offset, kRecordHeaderBytes));
    std::optional<StoredHeader> header = DecodeRecordHeader(seed_, bytes);
    if (header.has_value() && header->payload_bytes > end_ - offset - kRecordHeaderBytes) return std::nullopt;
    return header;
  }

  // Where the next valid header begins at or after `offset`; the end when there is none.
  absl::StatusOr<int64_t> FindHeader(int64_t offset) {
    while (offset + kRecordHeaderBytes <= end_) {
      DESCENT_ASSIGN_OR_RETURN(const absl::string_view bytes, Bytes(offset, std::min(kWindow, end_ - offset)));
      const size_t found = FindRecordMagic(bytes, 0);
      if (found == absl::string_view::npos) {
        // The magic may lie across the edge of the window.
        offset += std::max<int64_t>(1, static_cast<int64_t>(bytes.size()) - 3);
        continue;
      }
      offset += static_cast<int64_t>(found);
      DESCENT_ASSIGN_OR_RETURN(const std::optional<StoredHeader> header, HeaderAt(offset));
      if (header.has_value()) return offset;
      ++offset;
    }
    return end_;
  }

  absl::StatusOr<bool> PayloadHolds(const StoredHeader& header, int64_t offset) {
    int64_t at = offset + kRecordHeaderBytes;
    int64_t left = header.payload_bytes;
    uint32_t crc = 0;
    while (left > 0) {
      DESCENT_ASSIGN_OR_RETURN(const absl::string_view bytes, Bytes(at, std::min(left, kWindow)));
      crc = Crc32(bytes, crc);
      at += static_cast<int64_t>(bytes.size());
      left -= static_cast<int64_t>(bytes.size());
    }
    return crc == header.payload_crc;
  }

  absl::StatusOr<std::string> Payload(const StoredHeader& header, int64_t offset) {
    std::string payload(static_cast<size_t>(header.payload_bytes), '\0');
    DESCENT_RETURN_IF_ERROR(file_.Read(offset + kRecordHeaderBytes, header.payload_bytes, payload.data()));
    return payload;
  }

 private:
  static constexpr int64_t kWindow = 64 << 10;
  // Headers between large payloads: reading ahead would read what is stepped over.
  static constexpr int64_t kShortRead = 4 << 10;

  // Valid until the next call. `size` <= kWindow, and the range ends in time.
  absl::StatusOr<absl::string_view> Bytes(int64_t offset, int64_t size) {
    if (offset < start_ || offset + size > start_ + static_cast<int64_t>(window_.size())) {
      const bool near = offset >= start_ && offset < start_ + static_cast<int64_t>(window_.size()) + kShortRead;
      const int64_t want = std::max(size, near ? kWindow : kShortRead);
      window_.resize(static_cast<size_t>(std::min(want, end_ - offset)));
      start_ = offset;
      if (const absl::Status status = file_.Read(offset, static_cast<int64_t>(window_.size()), window_.data());
          !status.ok()) {
        window_.clear();
        return status;
      }
    }
    return absl::string_view(window_).substr(static_cast<size_t>(offset - start_), static_cast<size_t>(size));
  }

  const core::RandomAccessFile& file_;
  const uint32_t seed_;
  const int64_t end_;
  int64_t start_ = 0;
  std::string window_;
};

int64_t EndOf(const StoredHeader& header, int64_t offset) { return offset + kRecordHeaderBytes + header.payload_bytes; }

// One scan: sealed files by ScanSealed, others by ScanUnsealed.
class Scanner {
 public:
  Scanner(const core::RandomAccessFile& file, const FileName& name, int64_t size)
      : file_(file), name_(name), size_(size), reader_(file, name.Seed(), size) {}

  absl::StatusOr<FileScan> Run() {
    if (size_ >= kFileHeaderBytes) {
      FileHeaderBytes bytes;
      DESCENT_RETURN_IF_ERROR(file_.Read(0, kFileHeaderBytes, bytes.data()));
      header_ = DecodeFileHeader(name_, absl::string_view(bytes.data(), bytes.size()));
    }
    scan_.thinned = header_.has_value() && header_->thinned;
    DESCENT_ASSIGN_OR_RETURN(const std::optional<int64_t> seal, FindSeal());
    if (seal.has_value()) {
      DESCENT_RETURN_IF_ERROR(ScanSealed(*seal));
    } else {
      DESCENT_RETURN_IF_ERROR(ScanUnsealed());
    }
    Judge();
    return std::move(scan_);
  }

 private:
  // Where the seal begins that ends exactly with the file.
  absl::StatusOr<std::optional<int64_t>> FindSeal() {
    if (size_ < kFileHeaderBytes + kRecordHeaderBytes + kSealTrailerBytes) return std::nullopt;
    std::string trailer(kSealTrailerBytes, '\0');
    DESCENT_RETURN_IF_ERROR(file_.Read(size_ - kSealTrailerBytes, kSealTrailerBytes, trailer.data()));
    const std::optional<int64_t> offset = DecodeSealTrailer(trailer);
    if (!offset.has_value() || *offset < kFileHeaderBytes || *offset > size_ - kRecordHeaderBytes) return std::nullopt;
    DESCENT_ASSIGN_OR_RETURN(const std::optional<StoredHeader> header, reader_.HeaderAt(*offset));
    if (!header.has_value() || !header->seal || EndOf(*header, *offset) != size_) return std::nullopt;
    DESCENT_ASSIGN_OR_RETURN(const bool taken, TakeSeal(*header, *offset));
    if (!taken) return std::nullopt;
    return offset;
  }

  // Accepts a seal whose header is valid if its payload is valid as well.
  absl::StatusOr<bool> TakeSeal(const StoredHeader& header, int64_t offset) {
    DESCENT_ASSIGN_OR_RETURN(const std::string payload, reader_.Payload(header, offset));
    if (Crc32(payload) != header.payload_crc) return false;
    std::optional<std::vector<SealEntry>> entries = DecodeSealPayload(payload);
    if (!entries.has_value()) return false;
    entries_ = *std::move(entries);
    scan_.sealed = true;
    scan_.end = EndOf(header, offset);
    scan_.next_commit = header.commit + 1;
    return true;
  }

  absl::Status ScanSealed(int64_t seal) {
    int64_t offset = kFileHeaderBytes;
    while (offset < seal) {
      DESCENT_ASSIGN_OR_RETURN(const std::optional<StoredHeader> header, reader_.HeaderAt(offset));
      if (header.has_value() && !header->seal) {
        Take(*header, offset);
        offset = EndOf(*header, offset);
      } else {
        scan_.damaged = true;
        DESCENT_ASSIGN_OR_RETURN(offset, reader_.FindHeader(offset + 1));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ScanUnsealed() {
    int64_t offset = kFileHeaderBytes;
    if (!header_.has_value()) {
      DESCENT_ASSIGN_OR_RETURN(const bool torn, IsTorn(kFileHeaderBytes - 1));
      if (torn) return absl::OkStatus();
    }
    while (offset < size_) {
      DESCENT_ASSIGN_OR_RETURN(const std::optional<StoredHeader> header, reader_.HeaderAt(offset));
      bool holds = false;
      if (header.has_value()) {
        DESCENT_ASSIGN_OR_RETURN(holds, reader_.PayloadHolds(*header, offset));
      }
      if (holds && header->seal) {
        DESCENT_ASSIGN_OR_RETURN(const bool taken, TakeSeal(*header, offset));
        if (taken) return absl::OkStatus();
        holds = false;
      }
      if (!holds) {
        DESCENT_ASSIGN_OR_RETURN(const bool torn, IsTorn(offset));
        if (torn) break;
        if (!header.has_value() || header->seal) {
          scan_.damaged = true;
          last_damage_ = offset;
          DESCENT_ASSIGN_OR_RETURN(offset, reader_.FindHeader(offset + 1));
          continue;
        }
        // Only the payload is damaged. Whoever reads it is told.
      }
      Take(*header, offset);
      commit_ = header->ends_commit ? header->commit + 1 : header->commit;
      offset = EndOf(*header, offset);
    }
    // Without a record nothing was acknowledged.
    scan_.end = scan_.jobs.empty() && !scan_.damaged ? 0 : std::min(offset, size_);
    scan_.next_commit = commit_ + 1;
    return absl::OkStatus();
  }

  // Whether what is invalid at `offset` belongs to the last commit, which was never acknowledged: a later commit was
  // begun only after the sync of this one.
  absl::StatusOr<bool> IsTorn(int64_t offset) {
    if (offset < later_commit_) return false;
    int64_t at = offset + 1;
    while (true) {
      DESCENT_ASSIGN_OR_RETURN(at, reader_.FindHeader(at));
      DESCENT_ASSIGN_OR_RETURN(const std::optional<StoredHeader> header, reader_.HeaderAt(at));
      if (!header.has_value()) return true;
      DESCENT_ASSIGN_OR_RETURN(const bool holds, reader_.PayloadHolds(*header, at));
      if (holds && header->commit != commit_) {
        later_commit_ = at;
        return false;
      }
      at = holds ? EndOf(*header, at) : at + 1;
    }
  }

  void Take(const StoredHeader& header, int64_t offset) {
    JobInFile& job = scan_.jobs[header.uid];
    const bool first = job.records == 0;
    // Thinned files miss the numbers of records left out.
    if (!first && (header.header.first_sequence != job.next_sequence || header.ordinal < job.next_ordinal ||
                   (header.ordinal != job.next_ordinal && !scan_.thinned))) {
      scan_.damaged = true;
      scan_.damaged_jobs.insert(header.uid);
    }
    job.Add(header, offset);
  }

  // Finds out who lost something.
  void Judge() {
    if (scan_.end == 0) return;
    if (!header_.has_value()) {
      scan_.damaged = true;
      for (const auto& [uid, job] : scan_.jobs) scan_.damaged_jobs.insert(uid);
    }
    if (scan_.sealed) {
      for (const SealEntry& entry : entries_) {
        const auto found = scan_.jobs.find(entry.uid);
        const int64_t records = found == scan_.jobs.end() ? 0 : found->second.records;
        if (records != entry.records) {
          scan_.damaged = true;
          scan_.damaged_jobs.insert(entry.uid);
        } else {
          // Thinned files may lack the last records they covered, or all.
          JobInFile& job = scan_.jobs[entry.uid];
          job.next_ordinal = entry.next_ordinal;
          if (records == 0) job.first_ordinal = entry.next_ordinal;
        }
      }
    } else if (last_damage_ >= 0) {
      // Nobody knows whose record it was. Who has records after it is checked by the order of them; the others are
      // suspects.
      for (const auto& [uid, job] : scan_.jobs) {
        if (job.end_offset <= last_damage_) scan_.damaged_jobs.insert(uid);
      }
    }
  }

  const core::RandomAccessFile& file_;
  const FileName& name_;
  const int64_t size_;
  WindowReader reader_;
  std::optional<FileHeader> header_;
  std::vector<SealEntry> entries_;
  // The commit to which the next record belongs if the file goes on as it should.
  uint32_t commit_ = 0;
  int64_t last_damage_ = -1;
  // A valid record of a later commit was found here.
  int64_t later_commit_ = -1;
  FileScan scan_;
};

}  // namespace

void JobInFile::Add(const StoredHeader& stored, int64_t offset) {
  if (records == 0) {
    first_offset = offset;
    first_sequence = stored.header.first_sequence;
    first_ordinal = stored.ordinal;
  }
  end_offset = EndOf(stored, offset);
  next_sequence = stored.header.next_sequence;
  next_ordinal = stored.ordinal + 1;
  bytes += kRecordHeaderBytes + stored.payload_bytes;
  ++records;
}

absl::StatusOr<FileScan> ScanFile(const core::RandomAccessFile& file, const FileName& name) {
  DESCENT_ASSIGN_OR_RETURN(const int64_t size, file.Size());
  return Scanner(file, name, size).Run();
}

absl::Status VisitRecords(const core::RandomAccessFile& file, const FileName& name, int64_t begin, int64_t end,
                          RecordVisitor visit) {
  WindowReader reader(file, name.Seed(), end);
  int64_t offset = begin;
  while (offset < end) {
    DESCENT_ASSIGN_OR_RETURN(const std::optional<StoredHeader> header, reader.HeaderAt(offset));
    if (!header.has_value() || header->seal) {
      DESCENT_ASSIGN_OR_RETURN(offset, reader.FindHeader(offset + 1));
      continue;
    }
    visit(*header, offset);
    offset = EndOf(*header, offset);
  }
  return absl::OkStatus();
}

}  // namespace descent::store
