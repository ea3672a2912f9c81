#include "core/base/local_address.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"

namespace descent::core {

std::string LocalSocketPath() {
  const char* runtime_directory = std::getenv("XDG_RUNTIME_DIR");
  if (runtime_directory != nullptr && *runtime_directory != '\0') {
    return absl::StrCat(runtime_directory, "/descent/descent.sock");
  }
  return absl::StrCat("/tmp/descent-", getuid(), "/descent.sock");
}

std::string LocalAddress() { return absl::StrCat("unix:", LocalSocketPath()); }

}  // namespace descent::core
