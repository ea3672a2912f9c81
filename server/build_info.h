// What this build is.
#ifndef DESCENT_SERVER_BUILD_INFO_H_
#define DESCENT_SERVER_BUILD_INFO_H_

#include <string>

#include "absl/status/status.h"

namespace descent::server {

extern const char kVersion[];   // `0.1.0`
extern const char kRevision[];  // of the source, `3f2a9c1`
extern const char kCpuClass[];  // instruction sets, `x86-64-v3`

// `0.1.0+3f2a9c1/x86-64-v3`: what the bits of jobs belong to.
std::string BuildName();

// OK unless the processor lacks what the binary was built for.
absl::Status CheckCpu();

}  // namespace descent::server

#endif  // DESCENT_SERVER_BUILD_INFO_H_
