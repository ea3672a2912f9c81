// Text from outside, checked before it goes into messages, whose strings must be UTF-8.
#ifndef DESCENT_CLIENT_UTF8_H_
#define DESCENT_CLIENT_UTF8_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace descent::client {

// Index of the first byte that does not begin or continue a well-formed UTF-8 character (RFC 3629: no overlong forms,
// no surrogates, nothing above U+10FFFF); text.size() if all is well.
size_t FirstInvalidUtf8(absl::string_view text);

}  // namespace descent::client

#endif  // DESCENT_CLIENT_UTF8_H_
