// Walks the table of docs/errors.md: each refusal is provoked on a real server and compared with its row.
#include "core/base/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "descent/v1/error_details.pb.h"
#include "tests/server/rpc/refusal.h"
#include "tests/server/rpc/refusal_servers.h"
#include "tests/server/rpc/refusal_table.h"

namespace descent::rpc {
namespace {

using testing::IsSubsetOf;

// gRPC's default limit for all metadata of a trailer.
constexpr size_t kMaxTrailerBytes = 8192;

std::vector<Refusal> AllRefusals() {
  std::vector<Refusal> all;
  for (const auto& refusals :
       {DatasetRefusals(), DataRefusals(), SpecRefusals(), JobRefusals(), ModelRefusals(), ServerRefusals()}) {
    all.insert(all.end(), refusals.begin(), refusals.end());
  }
  return all;
}

grpc::Status Provoke(const Refusal& refusal, RefusalServers& servers) {
  if (refusal.provoke != nullptr) return refusal.provoke(servers);
  std::string request = refusal.request;
  if (refusal.upload.has_value()) {
    const std::string name = Upload(servers.full(), *refusal.upload);
    request.replace(request.find("UPLOAD"), 6, name);
  }
  return Invoke(servers.full(), refusal.call, request);
}

std::string CodeName(int code) { return absl::StatusCodeToString(static_cast<absl::StatusCode>(code)); }

// What came back, taken apart.
struct Answer {
  grpc::Status status;
  v1::ErrorStatus details;
  std::optional<v1::ErrorInfo> info;
  std::optional<v1::BadRequest> bad_request;
  std::optional<v1::RetryInfo> retry;

  std::string reason() const { return info.has_value() ? info->reason() : ""; }
  std::string fields() const {
    if (!bad_request.has_value()) return "";
    return absl::StrJoin(bad_request->field_violations(), ", ",
                         [](std::string* out, const auto& violation) { absl::StrAppend(out, violation.field()); });
  }
};

template <typename Message>
void Unpack(const google::protobuf::Any& any, absl::string_view type, std::optional<Message>* out) {
  if (any.type_url() != absl::StrCat("type.googleapis.com/google.rpc.", type)) return;
  EXPECT_FALSE(out->has_value()) << "two of " << type;
  EXPECT_TRUE(out->emplace().ParseFromString(any.value()));
}

Answer TakeApart(const grpc::Status& status) {
  Answer answer;
  answer.status = status;
  EXPECT_TRUE(answer.details.ParseFromString(status.error_details()));
  for (const google::protobuf::Any& any : answer.details.details()) {
    Unpack(any, "ErrorInfo", &answer.info);
    Unpack(any, "BadRequest", &answer.bad_request);
    Unpack(any, "RetryInfo", &answer.retry);
  }
  return answer;
}

// Bytes of a status among the metadata: the message percent-encoded, the details in base64.
size_t TrailerBytes(const grpc::Status& status) {
  size_t bytes = 0;
  for (const char c : status.error_message()) bytes += c >= ' ' && c <= '~' && c != '%' ? 1 : 3;
  return bytes + absl::Base64Escape(status.error_details()).size() + 200;
}

// What holds for every answer.
void CheckForm(const Answer& answer, const std::map<std::string, ReasonRow>& reasons) {
  const std::string& message = answer.status.error_message();
  EXPECT_FALSE(message.empty());
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_LT(TrailerBytes(answer.status), kMaxTrailerBytes);
  for (const std::string& word : ForbiddenWords()) {
    EXPECT_FALSE(absl::StrContains(message, word)) << word << " in " << message;
    EXPECT_FALSE(absl::StrContains(answer.status.error_details(), word)) << word << " in the details of " << message;
  }
  if (answer.status.error_details().empty()) return;  // the transport's own
  EXPECT_EQ(answer.details.code(), static_cast<int>(answer.status.error_code()));
  EXPECT_TRUE(absl::StartsWith(message, absl::StripSuffix(answer.details.message(), "...")));
  ASSERT_TRUE(answer.info.has_value());
  EXPECT_EQ(answer.info->domain(), "descent");
  ASSERT_TRUE(reasons.contains(answer.reason())) << answer.reason();
  const ReasonRow& reason = reasons.at(answer.reason());
  EXPECT_EQ(CodeName(answer.status.error_code()), reason.code);
  std::vector<std::string> keys;
  for (const auto& [key, value] : answer.info->metadata()) {
    keys.push_back(key);
    EXPECT_FALSE(value.empty()) << key;
  }
  EXPECT_THAT(keys, IsSubsetOf(reason.metadata));
  EXPECT_EQ(answer.bad_request.has_value(), answer.reason() == "INVALID_FIELD");
  EXPECT_EQ(answer.retry.has_value(), answer.reason() == "DRAINING");
  if (!answer.bad_request.has_value()) return;
  EXPECT_GT(answer.bad_request->field_violations_size(), 0);
  for (const v1::BadRequest::FieldViolation& violation : answer.bad_request->field_violations()) {
    EXPECT_FALSE(violation.field().empty());
    EXPECT_FALSE(violation.description().empty()) << violation.field();
  }
}

std::string RowText(const Refusal& refusal, const Answer& answer) {
  const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : absl::StrCat("`", text, "`"); };
  return absl::StrCat("| ", refusal.id, " | ", refusal.call, " | ", CodeName(answer.status.error_code()), " | ",
                      answer.reason().empty() ? "-" : answer.reason(), " | ", or_dash(answer.fields()), " | ",
                      or_dash(answer.status.error_message()), " |");
}

TEST(ErrorsTest, EveryRefusalIsAsDocumented) {
  const ErrorDocument document = ReadErrorDocument();
  std::map<std::string, RefusalRow> rows;
  for (const RefusalRow& row : document.refusals) {
    EXPECT_TRUE(rows.emplace(row.id, row).second) << "two rows " << row.id;
  }
  EXPECT_GE(rows.size(), 60u);
  RefusalServers servers;
  for (const Refusal& refusal : AllRefusals()) {
    SCOPED_TRACE(refusal.id);
    const Answer answer = TakeApart(Provoke(refusal, servers));
    const auto found = rows.find(refusal.id);
    if (found == rows.end()) {
      ADD_FAILURE() << "docs/errors.md has no row like\n" << RowText(refusal, answer);
      continue;
    }
    const RefusalRow row = found->second;
    rows.erase(found);
    CheckForm(answer, document.reasons);
    const bool same = row.call == refusal.call && row.code == CodeName(answer.status.error_code()) &&
                      row.reason == answer.reason() && Matches(answer.fields(), row.fields) &&
                      Matches(answer.status.error_message(), absl::StrCat("...", row.message, "..."));
    EXPECT_TRUE(same) << "docs/errors.md differs from\n" << RowText(refusal, answer);
  }
  for (const auto& [id, row] : rows) ADD_FAILURE() << "nothing provokes the documented refusal " << id;
}

// The reasons of the document, of the API and of the code are the same, with the same codes and metadata.
TEST(ErrorsTest, ReasonsAreAsDocumented) {
  const std::map<std::string, ReasonRow> documented = ReadErrorDocument().reasons;
  const std::map<std::string, ReasonRow> described = ReadReasonsOfProto();
  const auto* names = v1::ErrorReason_descriptor();
  EXPECT_EQ(documented.size(), static_cast<size_t>(names->value_count() - 1));
  for (int i = 1; i < names->value_count(); ++i) {
    const auto reason = static_cast<core::ErrorReason>(i - 1);
    const std::string name(core::ErrorReasonName(reason));
    SCOPED_TRACE(name);
    EXPECT_EQ(names->value(i)->name(), absl::StrCat("ERROR_REASON_", name));
    ASSERT_TRUE(documented.contains(name));
    ASSERT_TRUE(described.contains(name));
    EXPECT_EQ(documented.at(name).code, absl::StatusCodeToString(core::CodeOf(reason)));
    EXPECT_EQ(documented.at(name).code, described.at(name).code);
    EXPECT_THAT(documented.at(name).metadata, IsSubsetOf(described.at(name).metadata));
  }
}

// As many violations as one likes: the answer still gets through a real connection with gRPC's default limits.
TEST(ErrorsTest, ManyViolationsFitIntoATrailer) {
  const TempDirectory directory;
  server::ServerOptions options;
  options.data_directory = directory.path() + "/data";
  options.address = absl::StrCat("unix:", directory.path(), "/socket");
  const auto server = StartServer(options);
  const Channel channel = grpc::CreateChannel(options.address, grpc::InsecureChannelCredentials());
  std::string labels;
  for (int i = 0; i < 500; ++i) absl::StrAppend(&labels, "labels { key: '\xe2\x82\xac\x25\xf0\x9f\x98\x80", i, "' } ");
  const Answer answer = TakeApart(Invoke(channel, "CreateJob", absl::StrCat("spec { ", labels, " }")));
  CheckForm(answer, ReadErrorDocument().reasons);
  EXPECT_EQ(answer.reason(), "INVALID_FIELD");
  // All are counted: two for what is missing, one for their number, one a label.
  EXPECT_EQ(answer.info->metadata().at("violation_count"), "503");
  EXPECT_GE(answer.bad_request->field_violations_size(), 10);
}

// Everything that can be said of a request is said at once.
TEST(ErrorsTest, ViolationsComeTogether) {
  RefusalServers servers;
  const Answer answer = TakeApart(Invoke(servers.guarded(), "CreateJob", R"(
    job_id: 'Bad Id'
    request_id: '0123456789012345678901234567890123456789012345678901234567890123456789'
    spec {
      problem { dataset { dataset: 'iris' model { mlp { hidden_sizes: 0 } } regularization { l1 {} } } }
      optimizer { adam { beta1: 2 beta2: nan } }
      schedule { step {} warmup { length { steps: -1 } } }
      batch { mini_batch { size: 0 shuffling: 7 } }
      stopping { max_epochs: 0 early_stopping { patience: 0 } }
      evaluation { held_out_fraction: 1.5 every { epochs: -1 } }
    })",
                                         absl::StrCat("Bearer ", RefusalServers::kToken)));
  EXPECT_EQ(answer.fields(),
            "spec.problem.dataset.dataset, spec.batch.mini_batch.shuffling, job_id, request_id, "
            "spec.problem.dataset.model.mlp.hidden_sizes[0], spec.problem.dataset.regularization.l1.strength, "
            "spec.optimizer.adam.beta1, spec.optimizer.adam.beta2, spec.schedule.step.period, "
            "spec.schedule.warmup.length.steps, spec.batch.mini_batch.size, spec.stopping.max_epochs, "
            "spec.stopping.early_stopping.patience, spec.evaluation.held_out_fraction, spec.evaluation.every.epochs");
  for (const v1::BadRequest::FieldViolation& violation : answer.bad_request->field_violations()) {
    EXPECT_TRUE(absl::StrContains(answer.status.error_message(),
                                  absl::StrCat(violation.field(), ": ", violation.description())));
  }
}

}  // namespace
}  // namespace descent::rpc
