// A refusal that the tests provoke: one for each row of the table in docs/errors.md.
#ifndef DESCENT_TESTS_SERVER_RPC_REFUSAL_H_
#define DESCENT_TESTS_SERVER_RPC_REFUSAL_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace descent::rpc {

class RefusalServers;

// Most are a request in text format, sent to the server that has everything; the others do what `provoke` says.
struct Refusal {
  std::string id = {};       // of the row
  std::string call = {};     // `CreateJob`
  std::string request = {};  // WriteUpload: messages, divided by `---`
  // Given: becomes an upload first, whose name takes the place of UPLOAD in the request.
  std::optional<std::string> upload = {};
  // Given: instead of `request`.
  std::function<grpc::Status(RefusalServers&)> provoke = {};
};

// By what the request is about.
std::vector<Refusal> DatasetRefusals();
std::vector<Refusal> DataRefusals();
std::vector<Refusal> SpecRefusals();
std::vector<Refusal> JobRefusals();
std::vector<Refusal> ModelRefusals();
std::vector<Refusal> ServerRefusals();

}  // namespace descent::rpc

#endif  // DESCENT_TESTS_SERVER_RPC_REFUSAL_H_
