// The ids that clients give and names end in: `jobs/{id}`, `datasets/{id}`.
#ifndef DESCENT_CORE_BASE_RESOURCE_ID_H_
#define DESCENT_CORE_BASE_RESOURCE_ID_H_

#include "absl/strings/string_view.h"

namespace descent::core {

// Whether it matches [a-z][a-z0-9-]{0,62}.
bool IsResourceId(absl::string_view id);

}  // namespace descent::core

#endif  // DESCENT_CORE_BASE_RESOURCE_ID_H_
