// Whether bytes are text at all.
#ifndef DESCENT_CORE_DATA_TEXT_CHECK_H_
#define DESCENT_CORE_DATA_TEXT_CHECK_H_

#include <string>

#include "absl/strings/string_view.h"
#include "core/data/data_problems.h"

namespace descent::core {

// Bytes in the UTF-8 character at the beginning of `text` (not empty), 0 if it is none.
int Utf8Length(absl::string_view text);

// `text` as UTF-8 without a byte order mark. Adds a fatal problem for each line with bytes that are no UTF-8 or are
// NUL; they are replaced by `?`, each by one, so that places stay the same. The result points into `text` or `storage`.
// When the bytes are another kind of file altogether, such as UTF-16 or an archive, says so once and gives an empty
// text.
absl::string_view CheckText(absl::string_view text, std::string* storage, ProblemCollector* problems);

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_TEXT_CHECK_H_
