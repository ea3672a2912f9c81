#include "server/rpc/catalog_service.h"

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "server/convert/catalog.h"

namespace descent::rpc {

grpc::ServerUnaryReactor* CatalogService::GetCatalog(grpc::CallbackServerContext* context,
                                                     const v1::GetCatalogRequest* request, v1::Catalog* response) {
  return Handle<v1::GetCatalogRequest, v1::Catalog>(
      context, request, response, shared_,
      [](Call* call, const v1::GetCatalogRequest& in, v1::Catalog* out) -> absl::Status {
        if (!v1::CatalogKind_IsValid(in.kind())) {
          call->violations.Add("kind", absl::StrCat("has the unknown value ", static_cast<int>(in.kind()),
                                                    "; leave it out for all kinds"));
        }
        DESCENT_RETURN_IF_ERROR(call->violations.ToStatus());
        *out = convert::MakeCatalog(in.kind());
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ServerService::GetServerInfo(grpc::CallbackServerContext* context,
                                                       const v1::GetServerInfoRequest* request,
                                                       v1::ServerInfo* response) {
  return Handle<v1::GetServerInfoRequest, v1::ServerInfo>(
      context, request, response, shared_,
      [this](Call* call, const v1::GetServerInfoRequest&, v1::ServerInfo* out) -> absl::Status {
        DESCENT_RETURN_IF_ERROR(call->violations.ToStatus());
        *out = facts_;
        out->set_identity(call->caller.owner);
        out->set_stored_bytes(stored_bytes_());
        return absl::OkStatus();
      });
}

}  // namespace descent::rpc
