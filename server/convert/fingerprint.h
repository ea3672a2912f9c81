// What tells two requests apart that carry the same request_id.
#ifndef DESCENT_SERVER_CONVERT_FINGERPRINT_H_
#define DESCENT_SERVER_CONVERT_FINGERPRINT_H_

#include <google/protobuf/message.h>

#include <string>

namespace descent::convert {

// SHA-256 of the message as sent, before defaults are filled in; map entries in a fixed order.
std::string Fingerprint(const google::protobuf::Message& body);

}  // namespace descent::convert

#endif  // DESCENT_SERVER_CONVERT_FINGERPRINT_H_
