#include "server/rpc/job_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "server/convert/fingerprint.h"
#include "server/convert/job.h"
#include "server/convert/spec.h"
#include "server/rpc/parameters_reactor.h"
#include "server/rpc/watch_reactor.h"

namespace descent::rpc {
namespace {

using convert::IdFromName;
using convert::JobToProto;

absl::Status ParseList(Call* call, const v1::ListJobsRequest& request, jobs::JobQuery* query) {
  query->owner = call->caller.owner;
  query->after = request.page_token();
  query->limit = request.page_size() == 0 ? 50 : std::min(request.page_size(), 1000);
  if (request.page_size() < 0) {
    call->violations.Add("page_size", absl::StrCat("must be in [0, 1000], was ", request.page_size()));
  }
  if (!v1::JobView_IsValid(request.view())) {
    call->violations.Add(
        "view", absl::StrCat("has the unknown value ", static_cast<int>(request.view()), "; one of: basic, full"));
  }
  query->conditions = convert::ParseFilter(request.filter(), &call->violations);
  convert::ParseOrder(request.order_by(), query, &call->violations);
  return call->violations.ToStatus();
}

// Cancel and Pause: the name, then an answer when the change is durable.
template <typename Request, typename Act>
grpc::ServerUnaryReactor* HandleCommand(grpc::CallbackServerContext* context, const Request* request, v1::Job* response,
                                        const CallShared& shared, Act act) {
  return HandleLater<Request, v1::Job>(
      context, request, response, shared,
      [act](Call* call, const Request& in, v1::Job* out, std::function<void(absl::Status)> done) {
        const std::string name = IdFromName("jobs", in.name(), "name", &call->violations);
        if (absl::Status status = call->violations.ToStatus(); !status.ok()) return done(status);
        act(call->caller.owner, name, [out, done = std::move(done)](absl::StatusOr<jobs::JobView> view) {
          if (view.ok()) *out = JobToProto(*view, true);
          done(view.status());
        });
      });
}

}  // namespace

grpc::ServerUnaryReactor* JobService::CreateJob(grpc::CallbackServerContext* context,
                                                const v1::CreateJobRequest* request, v1::Job* response) {
  return Handle<v1::CreateJobRequest, v1::Job>(
      context, request, response, shared_,
      [this](Call* call, const v1::CreateJobRequest& in, v1::Job* out) -> absl::Status {
        jobs::CreateRequest create;
        create.owner = call->caller.owner;
        create.job_id = in.job_id();
        create.spec = convert::JobSpecFromProto(in.spec(), "spec", &call->violations);
        create.given_spec = in.spec().SerializeAsString();
        create.request_id = in.request_id();
        v1::CreateJobRequest body = in;
        body.clear_request_id();
        body.clear_validate_only();
        create.fingerprint = convert::Fingerprint(body);
        create.validate_only = in.validate_only();
        create.violations = std::move(call->violations);
        DESCENT_ASSIGN_OR_RETURN(const jobs::JobView view, jobs_->CreateJob(std::move(create)));
        *out = JobToProto(view, true);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* JobService::GetJob(grpc::CallbackServerContext* context, const v1::GetJobRequest* request,
                                             v1::Job* response) {
  return Handle<v1::GetJobRequest, v1::Job>(
      context, request, response, shared_,
      [this](Call* call, const v1::GetJobRequest& in, v1::Job* out) -> absl::Status {
        const std::string name = IdFromName("jobs", in.name(), "name", &call->violations);
        DESCENT_RETURN_IF_ERROR(call->violations.ToStatus());
        DESCENT_ASSIGN_OR_RETURN(const jobs::JobView view, jobs_->Get(call->caller.owner, name));
        *out = JobToProto(view, true);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* JobService::ListJobs(grpc::CallbackServerContext* context, const v1::ListJobsRequest* request,
                                               v1::ListJobsResponse* response) {
  return Handle<v1::ListJobsRequest, v1::ListJobsResponse>(
      context, request, response, shared_,
      [this](Call* call, const v1::ListJobsRequest& in, v1::ListJobsResponse* out) -> absl::Status {
        jobs::JobQuery query;
        DESCENT_RETURN_IF_ERROR(ParseList(call, in, &query));
        DESCENT_ASSIGN_OR_RETURN(const std::vector<jobs::JobView> views,
                                 jobs_->List(query, out->mutable_next_page_token()));
        for (const jobs::JobView& view : views) *out->add_jobs() = JobToProto(view, in.view() == v1::JOB_VIEW_FULL);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* JobService::DeleteJob(grpc::CallbackServerContext* context,
                                                const v1::DeleteJobRequest* request,
                                                google::protobuf::Empty* response) {
  return Handle<v1::DeleteJobRequest, google::protobuf::Empty>(
      context, request, response, shared_,
      [this](Call* call, const v1::DeleteJobRequest& in, google::protobuf::Empty*) -> absl::Status {
        const std::string name = IdFromName("jobs", in.name(), "name", &call->violations);
        DESCENT_RETURN_IF_ERROR(call->violations.ToStatus());
        return jobs_->Delete(call->caller.owner, name);
      });
}

grpc::ServerUnaryReactor* JobService::CancelJob(grpc::CallbackServerContext* context,
                                                const v1::CancelJobRequest* request, v1::Job* response) {
  return HandleCommand(context, request, response, shared_,
                       [this](const std::string& owner, const std::string& name, jobs::ViewCallback done) {
                         jobs_->Cancel(owner, name, std::move(done));
                       });
}

grpc::ServerUnaryReactor* JobService::PauseJob(grpc::CallbackServerContext* context, const v1::PauseJobRequest* request,
                                               v1::Job* response) {
  return HandleCommand(context, request, response, shared_,
                       [this](const std::string& owner, const std::string& name, jobs::ViewCallback done) {
                         jobs_->Pause(owner, name, std::move(done));
                       });
}

grpc::ServerUnaryReactor* JobService::ResumeJob(grpc::CallbackServerContext* context,
                                                const v1::ResumeJobRequest* request, v1::Job* response) {
  return HandleCommand(context, request, response, shared_,
                       [this](const std::string& owner, const std::string& name, const jobs::ViewCallback& done) {
                         done(jobs_->Resume(owner, name));
                       });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* JobService::WatchJob(grpc::CallbackServerContext* context,
                                                                 const grpc::ByteBuffer* request) {
  return new WatchReactor(context, *request, shared_, jobs_);
}

grpc::ServerWriteReactor<v1::ParameterChunk>* JobService::GetParameters(grpc::CallbackServerContext* context,
                                                                        const v1::GetParametersRequest* request) {
  return new ParametersReactor(context, *request, shared_, jobs_, models_);
}

}  // namespace descent::rpc
