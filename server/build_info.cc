#include "server/build_info.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace descent::server {

std::string BuildName() { return absl::StrCat(kVersion, "+", kRevision, "/", kCpuClass); }

absl::Status CheckCpu() {
#if defined(__AVX2__) && defined(__FMA__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    return absl::FailedPreconditionError(absl::StrCat("this binary was built for ", kCpuClass,
                                                      ", which this processor is not; build it again with "
                                                      "cmake -DDESCENT_CPU=x86-64"));
  }
#endif
  return absl::OkStatus();
}

}  // namespace descent::server
