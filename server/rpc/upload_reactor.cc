#include "server/rpc/upload_reactor.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "server/convert/dataset.h"
#include "server/convert/spec.h"

namespace descent::rpc {
namespace {

constexpr size_t kMaxDataBytes = 1 << 20;

}  // namespace

UploadReactor::UploadReactor(grpc::CallbackServerContext* context, v1::Upload* response, const CallShared& shared,
                             datasets::DatasetManager* datasets)
    : context_(context), response_(response), shared_(shared), datasets_(datasets) {
  StartRead(&message_);
}

void UploadReactor::OnReadDone(bool ok) {
  shared_.requests->Post([this, ok] {
    const absl::Status status = ok ? TakeMessage() : End();
    if (ok && status.ok()) return StartRead(&message_);
    writer_.reset();  // what arrived becomes durable before the client hears of the end
    Finish(ToGrpc(status, shared_));
  });
}

absl::Status UploadReactor::TakeMessage() {
  if (writer_ == nullptr) DESCENT_RETURN_IF_ERROR(Identify(*context_, shared_).status());
  core::Violations violations;
  convert::FindUnknownFields(message_, "", &violations);
  if (message_.data().size() > kMaxDataBytes) {
    violations.Add("data", absl::StrCat("has ", message_.data().size(), " bytes, at most ", kMaxDataBytes,
                                        " are allowed; send more messages"));
  }
  if (writer_ != nullptr && !message_.name().empty() && message_.name() != name_) {
    violations.Add("name", absl::StrCat("must be empty or ", name_, " in later messages, was \"",
                                        message_.name().substr(0, 100), "\""));
  }
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  if (writer_ == nullptr) DESCENT_RETURN_IF_ERROR(Open());
  const std::optional<uint32_t> crc = message_.has_crc32() ? std::optional<uint32_t>(message_.crc32()) : std::nullopt;
  DESCENT_RETURN_IF_ERROR(writer_->Write(message_.offset(), message_.data(), crc));
  return message_.finish() ? writer_->Finish() : absl::OkStatus();
}

absl::Status UploadReactor::Open() {
  DESCENT_ASSIGN_OR_RETURN(const security::Caller caller, Identify(*context_, shared_));
  core::Violations violations;
  const std::string id = convert::IdFromName("uploads", message_.name(), "name", &violations);
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  name_ = message_.name();
  DESCENT_ASSIGN_OR_RETURN(writer_, datasets_->uploads().OpenWriter(caller.owner, id));
  return absl::OkStatus();
}

absl::Status UploadReactor::End() {
  if (writer_ == nullptr) {
    DESCENT_RETURN_IF_ERROR(Identify(*context_, shared_).status());
    return core::InvalidField("name", "is required in the first message: a name such as uploads/example");
  }
  DESCENT_ASSIGN_OR_RETURN(const datasets::UploadInfo info, writer_->Commit());
  convert::UploadToProto(info, response_);
  return absl::OkStatus();
}

}  // namespace descent::rpc
