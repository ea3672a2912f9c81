// Uploads and datasets, but for what is in the data themselves.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "descent/v1/dataset_service.grpc.pb.h"
#include "tests/server/rpc/refusal.h"
#include "tests/server/rpc/refusal_servers.h"

namespace descent::rpc {
namespace {

constexpr char kTwoColumns[] = "size,price\n1,2\n3,4\n";

// An upload that has begun: `uploads/...`.
std::string StartedUpload(const Channel& channel, int64_t size_bytes = -1) {
  const std::string size = size_bytes < 0 ? "" : absl::StrCat("size_bytes: ", size_bytes);
  return Expect<v1::Upload>(channel, "StartUpload", size).name();
}

// Writes to a fresh upload, whose name takes the place of UPLOAD.
Refusal Write(const std::string& id, const std::string& messages, int64_t size_bytes = -1) {
  return {.id = id, .call = "WriteUpload", .provoke = [messages, size_bytes](RefusalServers& servers) {
            const std::string name = StartedUpload(servers.full(), size_bytes);
            return Invoke(servers.full(), "WriteUpload", absl::StrCat("name: \"", name, "\" ", messages));
          }};
}

// A call about an upload that is not complete.
Refusal OfIncomplete(const std::string& id, const std::string& call, const std::string& field) {
  return {.id = id, .call = call, .provoke = [call, field](RefusalServers& servers) {
            const std::string name = StartedUpload(servers.full());
            return Invoke(servers.full(), call, absl::StrCat(field, ": \"", name, "\""));
          }};
}

grpc::Status WriteBeyondLimit(RefusalServers& servers) {
  const std::string name = StartedUpload(servers.full());
  const auto stub = v1::DatasetService::NewStub(servers.full());
  grpc::ClientContext context;
  v1::Upload answer;
  const auto writer = stub->WriteUpload(&context, &answer);
  v1::WriteUploadRequest message;
  message.set_name(name);
  message.set_data(std::string(1 << 20, '1'));
  for (int64_t offset = 0; offset <= RefusalServers::kMaxUploadBytes; offset += 1 << 20) {
    message.set_offset(offset);
    if (!writer->Write(message)) break;
  }
  writer->WritesDone();
  return writer->Finish();
}

// One stream holds the upload while another comes.
grpc::Status WriteBesideAnother(RefusalServers& servers) {
  const std::string name = StartedUpload(servers.full());
  const auto stub = v1::DatasetService::NewStub(servers.full());
  grpc::ClientContext context;
  v1::Upload answer;
  const auto writer = stub->WriteUpload(&context, &answer);
  v1::WriteUploadRequest message;
  message.set_name(name);
  writer->Write(message);
  // Until the first stream has the upload, others get it for a moment, and the first may come in such a moment: then it
  // is the one that is refused.
  grpc::Status status;
  while (status.ok() && writer->Write(message)) {
    status = Invoke(servers.full(), "WriteUpload", absl::StrCat("name: \"", name, "\""));
  }
  writer->WritesDone();
  const grpc::Status first = writer->Finish();
  return status.ok() ? first : status;
}

// The stream is still open when its bytes have become a dataset.
grpc::Status WriteWhatIsGone(RefusalServers& servers) {
  const std::string name = StartedUpload(servers.full());
  const auto stub = v1::DatasetService::NewStub(servers.full());
  grpc::ClientContext context;
  v1::Upload answer;
  const auto writer = stub->WriteUpload(&context, &answer);
  v1::WriteUploadRequest message;
  message.set_name(name);
  message.set_data("size,price\n10,20\n30,40\n");
  message.set_finish(true);
  writer->Write(message);
  const std::string by_name = absl::StrCat("name: \"", name, "\"");
  while (!Expect<v1::Upload>(servers.full(), "GetUpload", by_name).complete()) {
  }
  Expect(servers.full(), "CreateDataset", absl::StrCat("upload: \"", name, "\""));
  writer->WritesDone();
  return writer->Finish();
}

template <typename Message>
Refusal WithUnknownField(const std::string& id, const std::string& call) {
  return {.id = id, .call = call, .provoke = [call](RefusalServers& servers) {
            Message message;
            message.GetReflection()->MutableUnknownFields(&message)->AddVarint(99, 1);
            return Invoke(servers.full(), call, message);
          }};
}

void AddUploads(std::vector<Refusal>* refusals) {
  const std::vector<Refusal> more = {
      {"upload-size-negative", "StartUpload", "size_bytes: -1"},
      {"upload-file-name-long", "StartUpload", absl::StrCat("file_name: \"", std::string(256, 'f'), "\"")},
      {"upload-announced-too-large", "StartUpload", "size_bytes: 3000000"},
      {.id = "upload-no-room",
       .call = "StartUpload",
       .provoke = [](RefusalServers& servers) { return Invoke(servers.crowded(), "StartUpload", ""); }},
      WithUnknownField<v1::StartUploadRequest>("upload-unknown-field", "StartUpload"),
      {"upload-name-missing", "GetUpload", ""},
      {"upload-name-malformed", "GetUpload", R"(name: "flowers.csv")"},
      {"upload-not-found", "GetUpload", R"(name: "uploads/u0")"},
      {"write-empty-stream", "WriteUpload", ""},
      {"write-name-missing", "WriteUpload", R"(data: "1,2")"},
      {"write-not-found", "WriteUpload", R"(name: "uploads/u0" data: "1,2")"},
      Write("write-leaves-hole", R"(data: "1,2" --- offset: 10 data: "3")"),
      Write("write-offset-negative", R"(offset: -1 data: "1,2")"),
      Write("write-wrong-crc32", R"(data: "1,2" crc32: 1)"),
      Write("write-data-too-long", absl::StrCat("data: \"", std::string((1 << 20) + 1, '1'), "\"")),
      Write("write-other-name", R"(data: "1,2" --- name: "uploads/u0" offset: 3 data: "3")"),
      Write("write-unknown-name-later", R"(data: "1,2" --- name: "flowers.csv")"),
      Write("write-finish-too-early", R"(data: "1,2" finish: true)", 10),
      Write("write-more-than-announced", R"(data: "1,2,3")", 3),
      Write("write-after-finish", R"(data: "1,2" finish: true --- offset: 3 data: "3")"),
      {.id = "write-beyond-limit", .call = "WriteUpload", .provoke = WriteBeyondLimit},
      {.id = "write-beside-another", .call = "WriteUpload", .provoke = WriteBesideAnother},
      {.id = "write-what-is-gone", .call = "WriteUpload", .provoke = WriteWhatIsGone},
      {"write-complete", "WriteUpload", R"(name: "UPLOAD" offset: 3 data: "3")", "1,2"},
      OfIncomplete("inspect-incomplete", "InspectUpload", "name"),
      {"inspect-preview-too-long", "InspectUpload", R"(name: "uploads/u0" preview_rows: 1001)"},
      {"inspect-delimiter-long", "InspectUpload", R"(name: "UPLOAD" format { delimiter: "ab" })", kTwoColumns},
      {"inspect-delimiter-letter", "InspectUpload", R"(name: "UPLOAD" format { delimiter: "a" })", kTwoColumns},
      {"inspect-unknown-column", "InspectUpload", R"(name: "UPLOAD" schema { columns { name: "prise" } })",
       kTwoColumns},
  };
  refusals->insert(refusals->end(), more.begin(), more.end());
}

void AddSources(std::vector<Refusal>* refusals) {
  const std::string rows = R"(rows { row_count: 2 columns { name: "a" numbers: [1, 2] } })";
  const std::vector<Refusal> more = {
      {"dataset-id-malformed", "CreateDataset", absl::StrCat(R"(dataset_id: "My Data" )", rows)},
      {"dataset-request-id-long", "CreateDataset", absl::StrCat("request_id: \"", std::string(65, 'r'), "\" ", rows)},
      {"dataset-without-source", "CreateDataset", R"(dataset_id: "nothing")"},
      {"dataset-format-of-rows", "CreateDataset", absl::StrCat(R"(format { header: true } )", rows)},
      {"dataset-libsvm-format-of-rows", "CreateDataset", absl::StrCat("libsvm_format {} ", rows)},
      {"dataset-two-formats", "CreateDataset", R"(upload: "uploads/u0" format {} libsvm_format {})"},
      {"dataset-sha256-malformed", "CreateDataset", R"(upload: "uploads/u0" sha256: "1234")"},
      {"dataset-sha256-of-rows", "CreateDataset", absl::StrCat("sha256: \"", std::string(64, 'a'), "\" ", rows)},
      {"dataset-sha256-wrong", "CreateDataset",
       absl::StrCat(R"(upload: "UPLOAD" sha256: ")", std::string(64, 'a'), "\""), kTwoColumns},
      OfIncomplete("dataset-of-incomplete", "CreateDataset", "upload"),
      {"dataset-upload-not-found", "CreateDataset", R"(upload: "uploads/u0")"},
      {"dataset-id-taken", "CreateDataset", absl::StrCat(R"(dataset_id: "flowers" )", rows)},
      {.id = "dataset-request-id-reused",
       .call = "CreateDataset",
       .provoke =
           [rows](RefusalServers& servers) {
             Expect(servers.full(), "CreateDataset", absl::StrCat(R"(request_id: "again" dataset_id: "once" )", rows));
             return Invoke(servers.full(), "CreateDataset",
                           absl::StrCat(R"(request_id: "again" dataset_id: "twice" )", rows));
           }},
      {.id = "dataset-no-room",
       .call = "CreateDataset",
       .provoke = [rows](RefusalServers& servers) { return Invoke(servers.crowded(), "CreateDataset", rows); }},
      {"dataset-name-malformed", "GetDataset", R"(name: "flowers")"},
      {"dataset-name-upper-case", "GetDataset", R"(name: "datasets/Flowers")"},
      {"dataset-not-found", "GetDataset", R"(name: "datasets/flower")"},
      {"dataset-not-found-nor-near", "GetDataset", R"(name: "datasets/zzzzzzzzzzzz")"},
      {"list-datasets-page-size", "ListDatasets", "page_size: -1"},
      {"list-datasets-page-token", "ListDatasets", R"(page_token: "d-5")"},
      {"delete-dataset-in-use", "DeleteDataset", R"(name: "datasets/flowers")"},
      {"delete-dataset-not-found", "DeleteDataset", R"(name: "datasets/pricess")"},
  };
  refusals->insert(refusals->end(), more.begin(), more.end());
}

}  // namespace

std::vector<Refusal> DatasetRefusals() {
  std::vector<Refusal> refusals;
  AddUploads(&refusals);
  AddSources(&refusals);
  return refusals;
}

}  // namespace descent::rpc
