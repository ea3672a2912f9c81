// Calls that every end-to-end test makes; a refusal fails the test.
#ifndef DESCENT_TESTS_E2E_JOBS_H_
#define DESCENT_TESTS_E2E_JOBS_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "core/training/trainer.h"
#include "descent/v1/job_service.grpc.pb.h"

namespace descent::e2e {

// Uploads a file of the source tree in one message and makes a dataset of it; returns `datasets/{id}`.
std::string UploadFile(const std::shared_ptr<grpc::Channel>& channel, const std::string& path, const std::string& id);

// A named function, ready to be given an optimizer.
v1::JobSpec FunctionSpec(const std::string& function, int64_t max_steps);

v1::Job CreateJob(const std::shared_ptr<grpc::Channel>& channel, const v1::JobSpec& spec, const std::string& id);
v1::Job GetJob(const std::shared_ptr<grpc::Channel>& channel, const std::string& name);

// The same file as core reads it, for runs without a server.
core::TrainingData LoadExample(const std::string& path);

}  // namespace descent::e2e

#endif  // DESCENT_TESTS_E2E_JOBS_H_
