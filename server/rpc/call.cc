#include "server/rpc/call.h"

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/convert/status.h"

namespace descent::rpc {
namespace {

// Names an error in the log: the time in microseconds and a number.
std::string MakeReference() {
  static std::atomic<uint32_t> next{0};
  return absl::StrCat(absl::Hex(absl::ToUnixMicros(absl::Now())), "-", next.fetch_add(1));
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status, const CallShared& shared) {
  if (status.ok()) return grpc::Status::OK;
  const std::string reference = MakeReference();
  if (!convert::IsForClients(status)) shared.log_error(absl::StrCat("reference ", reference, ": ", status.ToString()));
  const convert::WireStatus wire = convert::StatusToWire(status, reference);
  return grpc::Status(static_cast<grpc::StatusCode>(wire.code), wire.message, wire.details);
}

absl::StatusOr<security::Caller> Identify(const grpc::CallbackServerContext& context, const CallShared& shared) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("authorization");
  const absl::string_view authorization =
      found == metadata.end() ? absl::string_view() : absl::string_view(found->second.data(), found->second.size());
  return shared.authenticator->Identify(context.peer(), authorization);
}

}  // namespace descent::rpc
