// Calls by name with requests as text, through real stubs.
#ifndef DESCENT_TESTS_SERVER_RPC_REFUSAL_CALLS_H_
#define DESCENT_TESTS_SERVER_RPC_REFUSAL_CALLS_H_

#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace descent::rpc {

using Channel = std::shared_ptr<grpc::Channel>;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// Any method of any service by its name; a stream is read to its end. `authorization` is sent unless it is empty;
// `answer` takes the last message.
grpc::Status Invoke(const Channel& channel, const std::string& method, const std::string& request,
                    const std::string& authorization = "", google::protobuf::Message* answer = nullptr);

// The same with a message that text cannot express.
grpc::Status Invoke(const Channel& channel, const std::string& method, const google::protobuf::Message& request,
                    const std::string& authorization = "", google::protobuf::Message* answer = nullptr);

// A call that must not be refused.
template <typename Answer>
Answer Expect(const Channel& channel, const std::string& method, const std::string& request) {
  Answer answer;
  const grpc::Status status = Invoke(channel, method, request, "", &answer);
  EXPECT_TRUE(status.ok()) << method << " " << request << ": " << status.error_message();
  return answer;
}

// The same for calls without an answer or with one that does not matter.
void Expect(const Channel& channel, const std::string& method, const std::string& request);

// A complete upload of these bytes: `uploads/...`.
std::string Upload(const Channel& channel, const std::string& bytes);

}  // namespace descent::rpc

#endif  // DESCENT_TESTS_SERVER_RPC_REFUSAL_CALLS_H_
