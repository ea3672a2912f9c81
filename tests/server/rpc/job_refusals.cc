// Jobs after their creation: reading, listing, commanding, watching.
#include <grpcpp/generic/generic_stub.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "descent/v1/job_service.grpc.pb.h"
#include "tests/server/rpc/refusal.h"
#include "tests/server/rpc/refusal_servers.h"

namespace descent::rpc {
namespace {

Refusal Filter(const std::string& id, const std::string& filter) {
  return {id, "ListJobs", absl::StrCat("filter: \"", absl::StrReplaceAll(filter, {{"\"", "\\\""}}), "\"")};
}

Refusal Watch(const std::string& id, const std::string& request) {
  return {id, "WatchJob", absl::StrCat("name: 'jobs/bowl' ", request)};
}

// The token of one query with another one.
grpc::Status OtherQuery(RefusalServers& servers) {
  const auto page = Expect<v1::ListJobsResponse>(servers.full(), "ListJobs", "page_size: 1 order_by: 'name'");
  return Invoke(servers.full(), "ListJobs",
                absl::StrCat("page_size: 1 order_by: 'create_time' page_token: '", page.next_page_token(), "'"));
}

grpc::Status WatchWithUnknownField(RefusalServers& servers) {
  auto request = Parse<v1::WatchJobRequest>("name: 'jobs/bowl'");
  request.GetReflection()->MutableUnknownFields(&request)->AddVarint(99, 1);
  return Invoke(servers.full(), "WatchJob", request);
}

// Bytes that are no request: a field `name` of 100 bytes of which none follow.
grpc::Status WatchGarbage(RefusalServers& servers) {
  const grpc::Slice slice("\x0a\x64");
  const grpc::ByteBuffer request(&slice, 1);
  grpc::GenericStub stub(servers.full());
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  grpc::ByteBuffer answer;
  grpc::Status status;
  const auto call = stub.PrepareUnaryCall(&context, "/descent.v1.JobService/WatchJob", request, &queue);
  call->StartCall();
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

std::vector<Refusal> Lists() {
  return {
      {"job-name-missing", "GetJob", ""},
      {"job-name-malformed", "GetJob", "name: 'bowl'"},
      {"job-not-found", "GetJob", "name: 'jobs/bowll'"},
      {"list-jobs-page-size", "ListJobs", "page_size: -1"},
      {"list-jobs-view", "ListJobs", "view: 9"},
      {"list-jobs-page-token", "ListJobs", "page_token: 'garbage'"},
      {.id = "list-jobs-other-query", .call = "ListJobs", .provoke = OtherQuery},
      {"list-jobs-order", "ListJobs", "order_by: 'created_time desc'"},
      {"list-jobs-direction", "ListJobs", "order_by: 'name downwards'"},
      Filter("filter-unknown-field", "stat = RUNNING"),
      Filter("filter-operator", "state > RUNNING"),
      Filter("filter-state", "state = RUNING"),
      Filter("filter-value-missing", "state = RUNNING AND owner ="),
      Filter("filter-quote", "labels.team = \"a"),
      Filter("filter-or", "state = RUNNING OR state = QUEUED"),
      {"filter-long", "ListJobs", absl::StrCat("filter: '", std::string(4097, 'f'), "'")},
  };
}

std::vector<Refusal> Commands() {
  return {
      {"delete-running", "DeleteJob", "name: 'jobs/running'"}, {"delete-paused", "DeleteJob", "name: 'jobs/paused'"},
      {"delete-not-found", "DeleteJob", "name: 'jobs/boowl'"}, {"cancel-ended", "CancelJob", "name: 'jobs/bowl'"},
      {"pause-ended", "PauseJob", "name: 'jobs/bowl'"},        {"pause-not-found", "PauseJob", "name: 'jobs/pausd'"},
      {"resume-running", "ResumeJob", "name: 'jobs/running'"}, {"resume-waiting", "ResumeJob", "name: 'jobs/waiting'"},
      {"resume-ended", "ResumeJob", "name: 'jobs/bowl'"},
  };
}

std::vector<Refusal> Watches() {
  return {
      {"watch-not-found", "WatchJob", "name: 'jobs/bow'"},
      Watch("watch-other-uid", "uid: '00112233445566778899aabbccddeeff'"),
      Watch("watch-sequence-negative", "start_sequence: -1"),
      Watch("watch-beyond-end", "start_sequence: 1000000"),
      Watch("watch-step-negative", "start_step: -1"),
      Watch("watch-last-rows-negative", "last_rows: -1"),
      Watch("watch-end-sequence-negative", "end_sequence: -1"),
      Watch("watch-end-step-negative", "end_step: -1"),
      Watch("watch-column-unknown", "columns: [ 'loss', 'gradient' ]"),
      Watch("watch-heartbeat-nan", "heartbeat_seconds: nan"),
      Watch("watch-heartbeat-short", "heartbeat_seconds: 0.01"),
      {.id = "watch-unknown-field", .call = "WatchJob", .provoke = WatchWithUnknownField},
      {.id = "watch-garbage", .call = "WatchJob", .provoke = WatchGarbage},
  };
}

std::vector<Refusal> Parameters() {
  return {
      {"parameters-step-negative", "GetParameters", "name: 'jobs/bowl' point { step: -1 }"},
      {"parameters-step-not-recorded", "GetParameters", "name: 'jobs/bowl' point { step: 6 }"},
      {"parameters-step-beyond-end", "GetParameters", "name: 'jobs/bowl' point { step: 99 }"},
      {"parameters-nothing-recorded", "GetParameters", "name: 'jobs/waiting'"},
      {"parameters-no-best-yet", "GetParameters", "name: 'jobs/waiting' point { named: NAMED_POINT_BEST }"},
      {"parameters-point-unknown", "GetParameters", "name: 'jobs/bowl' point { named: 9 }"},
      {"parameters-tensor-unknown", "GetParameters", "name: 'jobs/trained' tensors: [ 'bias', 'wieght' ]"},
      {"parameters-units-of-mlp", "GetParameters", "name: 'jobs/network' original_units: true"},
      {"parameters-units-of-function", "GetParameters", "name: 'jobs/bowl' original_units: true"},
      {"parameters-not-found", "GetParameters", "name: 'jobs/traned'"},
  };
}

}  // namespace

std::vector<Refusal> JobRefusals() {
  std::vector<Refusal> refusals = Lists();
  for (const std::vector<Refusal>& more : {Commands(), Watches(), Parameters()}) {
    refusals.insert(refusals.end(), more.begin(), more.end());
  }
  return refusals;
}

}  // namespace descent::rpc
