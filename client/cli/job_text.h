// Jobs and their parameters in words and tables.
#ifndef DESCENT_CLIENT_CLI_JOB_TEXT_H_
#define DESCENT_CLIENT_CLI_JOB_TEXT_H_

#include <string>

#include "client/client.h"
#include "descent/v1/job.pb.h"
#include "descent/v1/job_service.pb.h"

namespace descent::cli {

// A job as fields.
std::string JobText(const v1::Job& job);
// One line a job.
std::string JobListText(const v1::ListJobsResponse& jobs);
// One line a value, with the name of its place in the tensor.
std::string ParametersText(const client::ParameterVector& parameters);

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_JOB_TEXT_H_
