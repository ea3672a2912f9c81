#include "client/upload.h"

#include <openssl/evp.h>
#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/errors.h"
#include "core/base/errors.h"
#include "core/base/status.h"

namespace descent::client {
namespace {

// A regular file that is read at any place.
class SourceFile {
 public:
  static absl::StatusOr<SourceFile> Open(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
      return absl::NotFoundError(absl::StrCat(path, ": is not a file that can be read; is the path right?"));
    }
    SourceFile file;
    file.path_ = path;
    file.file_.reset(std::fopen(path.c_str(), "rb"));
    if (file.file_ == nullptr) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
    std::fseek(file.file_.get(), 0, SEEK_END);
    file.size_ = std::ftell(file.file_.get());
    return file;
  }

  int64_t size() const { return size_; }

  // Reads up to `size` bytes from `offset`; fewer only at the end.
  absl::Status Read(int64_t offset, int64_t size, std::string* out) {
    out->resize(static_cast<size_t>(std::min(size, size_ - offset)));
    const bool is_read = std::fseek(file_.get(), offset, SEEK_SET) == 0 &&
                         std::fread(out->data(), 1, out->size(), file_.get()) == out->size();
    if (is_read) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(path_, ": cannot be read to its end; does something change it?"));
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  int64_t size_ = 0;
};

// The name for the server: never more than the last part of a path.
std::string BaseName(const std::string& path) { return std::filesystem::path(path).filename().string(); }

absl::StatusOr<v1::Upload> Begin(const Client& client, const std::string& path, int64_t size,
                                 const UploadOptions& options) {
  if (options.resume.empty()) {
    v1::StartUploadRequest request;
    request.set_file_name(BaseName(path));
    request.set_size_bytes(size);
    return client.StartUpload(request);
  }
  DESCENT_ASSIGN_OR_RETURN(v1::Upload upload, client.GetUpload(ResourceName("uploads", options.resume)));
  const bool fits = upload.has_size_bytes() ? upload.size_bytes() == size : upload.committed_bytes() <= size;
  if (fits) return upload;
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": has ", size, " bytes, but ", upload.name(), " is of ",
      upload.has_size_bytes() ? upload.size_bytes() : upload.committed_bytes(), "; upload it anew, without --resume"));
}

// Sends everything from upload->committed_bytes() over one connection.
absl::Status SendRest(const Client& client, SourceFile* file, const UploadOptions& options, v1::Upload* upload) {
  const std::unique_ptr<UploadStream> stream = client.OpenUploadStream();
  v1::WriteUploadRequest message;
  message.set_name(upload->name());
  int64_t offset = upload->committed_bytes();
  do {
    if (options.is_cancelled && options.is_cancelled()) return absl::CancelledError("the upload was cancelled");
    DESCENT_RETURN_IF_ERROR(file->Read(offset, options.message_bytes, message.mutable_data()));
    const std::string& data = message.data();
    message.set_offset(offset);
    message.set_crc32(crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
    offset += static_cast<int64_t>(data.size());
    message.set_finish(offset == file->size());
    if (!stream->Write(message)) break;
    if (options.on_progress) options.on_progress(*upload, offset, file->size());
  } while (!message.finish());
  absl::StatusOr<v1::Upload> answer = stream->Finish();
  if (!answer.ok()) return answer.status();
  *upload = *std::move(answer);
  return absl::OkStatus();
}

// Whether the same bytes may be sent again: the connection was cut, or they were damaged on their way.
bool MayRetry(const absl::Status& status) {
  const core::ErrorInfo info = core::GetErrorInfo(status);
  return IsConnectionLost(status) || (info.has_reason && info.reason == core::ErrorReason::kChecksumMismatch);
}

}  // namespace

absl::StatusOr<v1::Upload> UploadFile(const Client& client, const std::string& path, const UploadOptions& options) {
  DESCENT_ASSIGN_OR_RETURN(SourceFile file, SourceFile::Open(path));
  DESCENT_ASSIGN_OR_RETURN(v1::Upload upload, Begin(client, path, file.size(), options));
  if (options.on_progress) options.on_progress(upload, upload.committed_bytes(), file.size());
  Backoff backoff(options.retry);
  while (!upload.complete()) {
    absl::Status status = SendRest(client, &file, options, &upload);
    while (!status.ok()) {
      absl::Duration delay;
      const bool is_cancelled = options.is_cancelled && options.is_cancelled();
      if (is_cancelled || !MayRetry(status) || !backoff.Next(&delay)) return status;
      absl::SleepFor(delay);
      absl::StatusOr<v1::Upload> current = client.GetUpload(upload.name());
      if (current.ok()) {
        if (current->committed_bytes() > upload.committed_bytes()) backoff.Reset();
        upload = *std::move(current);
        break;
      }
      status = current.status();
    }
    if (status.ok() && !upload.complete()) return absl::InternalError("the server does not see the end of the upload");
  }
  return upload;
}

absl::StatusOr<std::string> FileSha256(const std::string& path) {
  DESCENT_ASSIGN_OR_RETURN(SourceFile file, SourceFile::Open(path));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  std::string buffer;
  for (int64_t offset = 0; offset < file.size(); offset += static_cast<int64_t>(buffer.size())) {
    DESCENT_RETURN_IF_ERROR(file.Read(offset, 1 << 20, &buffer));
    EVP_DigestUpdate(context.get(), buffer.data(), buffer.size());
  }
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int length = 0;
  EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), &length);
  return absl::BytesToHexString(digest.substr(0, length));
}

}  // namespace descent::client
