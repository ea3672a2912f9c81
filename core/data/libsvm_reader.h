// libsvm and svmlight text, a row a line, to a table: `label index:value index:value ... # comment`.
#ifndef DESCENT_CORE_DATA_LIBSVM_READER_H_
#define DESCENT_CORE_DATA_LIBSVM_READER_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "core/base/errors.h"
#include "core/data/read_result.h"
#include "core/data/schema.h"

namespace descent::core {

// The columns that such a file becomes.
inline constexpr absl::string_view kLibsvmLabel = "label";
inline constexpr absl::string_view kLibsvmFeatures = "features";

struct LibsvmResult : ReadResult {
  LibsvmFormat format;  // complete
};

// Reads all of `text`, in time and memory proportional to it. Column `label` is the target unless `given` says
// otherwise, and numeric unless `given` makes it categorical. Column `features` is a sparse vector as wide as `given`
// says, otherwise as the largest index. Values that are 0 are left out; lines without anything, or with a comment only,
// are no rows. Indices ascend in a row. Positions in the table count from 0; messages show indices as the file has
// them. What `given` says wrongly goes to `violations` with paths under `schema`; nothing is read then.
LibsvmResult ReadLibsvm(absl::string_view text, const LibsvmFormat& format, const Schema& given, int64_t preview_rows,
                        Violations* violations);

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_LIBSVM_READER_H_
