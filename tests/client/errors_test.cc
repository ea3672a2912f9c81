#include "client/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "descent/v1/error_details.pb.h"

namespace descent::client {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

void AddDetail(const google::protobuf::Message& detail, const std::string& name, v1::ErrorStatus* status) {
  google::protobuf::Any* any = status->add_details();
  any->set_type_url(absl::StrCat("type.googleapis.com/google.rpc.", name));
  any->set_value(detail.SerializeAsString());
}

TEST(ErrorsTest, DecodesReasonAndMetadata) {
  v1::ErrorInfo info;
  info.set_reason("RESOURCE_NOT_FOUND");
  info.set_domain("descent");
  (*info.mutable_metadata())["resource"] = "jobs/frist";
  (*info.mutable_metadata())["nearest"] = "jobs/first";
  v1::ErrorStatus wire;
  AddDetail(info, "ErrorInfo", &wire);
  const absl::Status status = StatusFromWire(5, "no such job: jobs/frist", wire.SerializeAsString());
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_EQ(status.message(), "no such job: jobs/frist");
  const core::ErrorInfo decoded = core::GetErrorInfo(status);
  ASSERT_TRUE(decoded.has_reason);
  EXPECT_EQ(decoded.reason, core::ErrorReason::kResourceNotFound);
  EXPECT_THAT(decoded.metadata, ElementsAre(Pair("nearest", "jobs/first"), Pair("resource", "jobs/frist")));
}

TEST(ErrorsTest, DecodesViolations) {
  v1::ErrorInfo info;
  info.set_reason("INVALID_FIELD");
  v1::BadRequest bad_request;
  auto* violation = bad_request.add_field_violations();
  violation->set_field("spec.optimizer.adam.beta1");
  violation->set_description("must be in [0, 1), was 1.2");
  violation = bad_request.add_field_violations();
  violation->set_field("spec.seed");
  violation->set_description("is odd");
  v1::ErrorStatus wire;
  AddDetail(info, "ErrorInfo", &wire);
  AddDetail(bad_request, "BadRequest", &wire);
  const absl::Status status = StatusFromWire(3, "as the server says", wire.SerializeAsString());
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(), "spec.optimizer.adam.beta1: must be in [0, 1), was 1.2; spec.seed: is odd");
  EXPECT_THAT(core::GetErrorInfo(status).violations,
              ElementsAre(core::Violation{"spec.optimizer.adam.beta1", "must be in [0, 1), was 1.2"},
                          core::Violation{"spec.seed", "is odd"}));
}

TEST(ErrorsTest, EveryReasonOfTheApiIsKnown) {
  for (int number = 1; number < v1::ErrorReason_ARRAYSIZE; ++number) {
    v1::ErrorInfo info;
    info.set_reason(v1::ErrorReason_Name(number).substr(sizeof "ERROR_REASON_" - 1));
    v1::ErrorStatus wire;
    AddDetail(info, "ErrorInfo", &wire);
    const core::ErrorInfo decoded = core::GetErrorInfo(StatusFromWire(13, "x", wire.SerializeAsString()));
    ASSERT_TRUE(decoded.has_reason) << info.reason();
    EXPECT_EQ(core::ErrorReasonName(decoded.reason), info.reason());
  }
}

TEST(ErrorsTest, KeepsCodeAndMessageWithoutUsableDetails) {
  v1::ErrorInfo info;
  info.set_reason("INVENTED_LATER");
  v1::ErrorStatus wire;
  AddDetail(info, "ErrorInfo", &wire);
  for (const std::string& details : {std::string(), std::string("\xff\xff damaged"), wire.SerializeAsString()}) {
    const absl::Status status = StatusFromWire(9, "not now", details);
    EXPECT_EQ(status, absl::FailedPreconditionError("not now"));
    EXPECT_FALSE(core::GetErrorInfo(status).has_reason);
  }
}

TEST(ErrorsTest, TellsCutsFromRefusals) {
  EXPECT_TRUE(IsConnectionLost(absl::UnavailableError("socket closed")));
  EXPECT_TRUE(IsConnectionLost(core::MakeError(core::ErrorReason::kDraining, "going")));
  EXPECT_TRUE(IsConnectionLost(absl::InternalError("RST_STREAM")));
  EXPECT_FALSE(IsConnectionLost(core::MakeError(core::ErrorReason::kInternal, "a bug")));
  EXPECT_FALSE(IsConnectionLost(core::MakeError(core::ErrorReason::kUidMismatch, "another")));
  EXPECT_FALSE(IsConnectionLost(absl::DeadlineExceededError("late")));
  EXPECT_FALSE(IsConnectionLost(absl::OkStatus()));
}

}  // namespace
}  // namespace descent::client
