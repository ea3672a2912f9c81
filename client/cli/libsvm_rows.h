// Rows to predict from libsvm text. The server knows the width; labels are not looked at.
#ifndef DESCENT_CLIENT_CLI_LIBSVM_ROWS_H_
#define DESCENT_CLIENT_CLI_LIBSVM_ROWS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cli/rows_file.h"

namespace descent::cli {

// Whether a file is libsvm text: by its name, `.svm`, `.libsvm` or `.svmlight`, or by its first line that has more than
// a label, `1 3:0.5 ...`.
bool LooksLikeLibsvm(absl::string_view name, absl::string_view text);

// `label index:value ... # comment` a line; the label may be left out. Errors are `name:line:column: ...`.
absl::StatusOr<RowsFile> ParseLibsvmRows(absl::string_view name, absl::string_view text, bool zero_based);

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_LIBSVM_ROWS_H_
