// Columns of a source and what is known of them in advance, to a schema. One set of rules for every source.
#ifndef DESCENT_CORE_DATA_RESOLVE_SCHEMA_H_
#define DESCENT_CORE_DATA_RESOLVE_SCHEMA_H_

#include <string>
#include <vector>

#include "core/base/errors.h"
#include "core/data/schema.h"
#include "core/data/table.h"

namespace descent::core {

// One schema a name: type, categories and positive class as given (the type may stay kUnknown), and the role resolved:
// what is given; then, unless a target is given, the last column without a given role becomes the target; the rest are
// features. A table whose only column in use has no given role has no target. `names` are unique; `sparse` tells those
// whose cells are sparse vectors, one a name, or is empty when there are none: their type is known, their width stays 0
// if it is not given, and none of them is a target. What contradicts goes to `violations` with paths under `schema`.
std::vector<ColumnSchema> ResolveColumns(const std::vector<std::string>& names, const std::vector<bool>& sparse,
                                         const Schema& given, Violations* violations);

// Checks and completes the positive class of the target, once types and cells are there. A target of two classes has
// one afterwards.
void ResolvePositiveClass(const Schema& given, Table* table, Violations* violations);

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_RESOLVE_SCHEMA_H_
