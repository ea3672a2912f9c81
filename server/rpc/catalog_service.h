// CatalogService and ServerService: what this server can do and what it is.
#ifndef DESCENT_SERVER_RPC_CATALOG_SERVICE_H_
#define DESCENT_SERVER_RPC_CATALOG_SERVICE_H_

#include <functional>

#include "descent/v1/catalog_service.grpc.pb.h"
#include "descent/v1/server_service.grpc.pb.h"
#include "server/rpc/call.h"

namespace descent::rpc {

// Thread-safety: gRPC calls its methods on any thread.
class CatalogService final : public v1::CatalogService::CallbackService {
 public:
  explicit CatalogService(const CallShared& shared) : shared_(shared) {}

  grpc::ServerUnaryReactor* GetCatalog(grpc::CallbackServerContext* context, const v1::GetCatalogRequest* request,
                                       v1::Catalog* response) override;

 private:
  const CallShared& shared_;
};

// Thread-safety: gRPC calls its methods on any thread.
class ServerService final : public v1::ServerService::CallbackService {
 public:
  // `facts` is what does not change; `stored_bytes` tells the rest.
  ServerService(const CallShared& shared, v1::ServerInfo facts, std::function<int64_t()> stored_bytes)
      : shared_(shared), facts_(std::move(facts)), stored_bytes_(std::move(stored_bytes)) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context, const v1::GetServerInfoRequest* request,
                                          v1::ServerInfo* response) override;

 private:
  const CallShared& shared_;
  const v1::ServerInfo facts_;
  const std::function<int64_t()> stored_bytes_;
};

}  // namespace descent::rpc

#endif  // DESCENT_SERVER_RPC_CATALOG_SERVICE_H_
