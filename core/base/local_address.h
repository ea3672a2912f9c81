// Where the server of this user listens and its clients look unless told otherwise.
#ifndef DESCENT_CORE_BASE_LOCAL_ADDRESS_H_
#define DESCENT_CORE_BASE_LOCAL_ADDRESS_H_

#include <string>

namespace descent::core {

// Path of the local socket: `$XDG_RUNTIME_DIR/descent/descent.sock`, or `/tmp/descent-UID/descent.sock` where that
// variable is not set. The server makes the folder, for its user alone.
std::string LocalSocketPath();

// The same as an address: `unix:` and the path.
std::string LocalAddress();

}  // namespace descent::core

#endif  // DESCENT_CORE_BASE_LOCAL_ADDRESS_H_
