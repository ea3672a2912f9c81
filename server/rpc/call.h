// What all RPC methods share: identity, worker threads, errors. A method reads: parse, validate, act, answer.
#ifndef DESCENT_SERVER_RPC_CALL_H_
#define DESCENT_SERVER_RPC_CALL_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/errors.h"
#include "server/convert/config.h"
#include "server/rpc/worker_pool.h"
#include "server/security/authenticator.h"

namespace descent::rpc {

// Shared by all services. Everything outlives them.
struct CallShared {
  WorkerPool* requests = nullptr;  // unary calls and uploads
  WorkerPool* streams = nullptr;   // watches: never behind a long request
  const security::Authenticator* authenticator = nullptr;
  std::function<void(const std::string&)> log_error;
};

// One call as a method sees it.
struct Call {
  security::Caller caller;
  // Fields that this server does not know are in it already; a method adds what else is wrong and returns ToStatus().
  core::Violations violations;
};

// The one map from absl::Status to grpc::Status. Writes errors that are not for clients to the log, with a reference.
grpc::Status ToGrpc(const absl::Status& status, const CallShared& shared);

absl::StatusOr<security::Caller> Identify(const grpc::CallbackServerContext& context, const CallShared& shared);

// Runs `act` on a worker thread; it answers by calling `done` once, at once or later, on any thread.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* HandleLater(
    grpc::CallbackServerContext* context, const Request* request, Response* response, const CallShared& shared,
    std::function<void(Call*, const Request&, Response*, std::function<void(absl::Status)>)> act) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  shared.requests->Post([context, request, response, reactor, &shared, act = std::move(act)] {
    absl::StatusOr<security::Caller> caller = Identify(*context, shared);
    if (!caller.ok()) return reactor->Finish(ToGrpc(caller.status(), shared));
    Call call{*std::move(caller), {}};
    convert::FindUnknownFields(*request, "", &call.violations);
    act(&call, *request, response,
        [reactor, &shared](const absl::Status& status) { reactor->Finish(ToGrpc(status, shared)); });
  });
  return reactor;
}

// The same for methods that answer when they return.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* Handle(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                 const CallShared& shared,
                                 std::function<absl::Status(Call*, const Request&, Response*)> act) {
  return HandleLater<Request, Response>(
      context, request, response, shared,
      [act = std::move(act)](Call* call, const Request& in, Response* out,
                             const std::function<void(absl::Status)>& done) { done(act(call, in, out)); });
}

}  // namespace descent::rpc

#endif  // DESCENT_SERVER_RPC_CALL_H_
