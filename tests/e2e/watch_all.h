// Reads a watch on the raw stub and checks what every watch promises.
#ifndef DESCENT_TESTS_E2E_WATCH_ALL_H_
#define DESCENT_TESTS_E2E_WATCH_ALL_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "descent/v1/job_service.grpc.pb.h"
#include "tests/e2e/offline_run.h"

namespace descent::e2e {

// What came over one or several watches of a job.
struct Watched {
  Trace run;
  int64_t cursor = 0;
  std::vector<v1::LogRecord> events;  // all but headers, rows and heartbeats
  v1::StateChange last_state;
  grpc::Status status;  // of the last watch
};

// Watches with `request` until the stream ends or `keep_going` says false after a record. Fails the test unless the
// ranges tile from `watched->cursor` on, without hole or duplicate. Adds to `watched`; asks to start at its cursor.
void Watch(v1::JobService::Stub* stub, v1::WatchJobRequest request, Watched* watched,
           const std::function<bool(const v1::LogRecord&)>& keep_going = nullptr);

// The whole of a job by one watch from its start to its end.
Watched WatchAll(v1::JobService::Stub* stub, const std::string& job);

// All values of GetParameters.
std::vector<double> FetchParameters(v1::JobService::Stub* stub, const v1::GetParametersRequest& request,
                                    grpc::Status* status = nullptr);

}  // namespace descent::e2e

#endif  // DESCENT_TESTS_E2E_WATCH_ALL_H_
