#include "server/rpc/dataset_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "server/convert/dataset.h"
#include "server/convert/fingerprint.h"
#include "server/convert/spec.h"
#include "server/rpc/upload_reactor.h"

namespace descent::rpc {
namespace {

using convert::IdFromName;

constexpr int32_t kMaxPreviewRows = 1000;

datasets::CreateDatasetRequest ParseCreate(Call* call, const v1::CreateDatasetRequest& in) {
  datasets::CreateDatasetRequest create;
  create.owner = call->caller.owner;
  create.dataset_id = in.dataset_id();
  if (in.has_upload()) create.upload = IdFromName("uploads", in.upload(), "upload", &call->violations);
  if (in.has_rows()) {
    create.rows = convert::RowsFromProto(in.rows());
    if (in.has_format()) call->violations.Add("format", "is for uploads; leave it out with rows");
    if (in.has_libsvm_format()) call->violations.Add("libsvm_format", "is for uploads; leave it out with rows");
    if (!in.sha256().empty()) call->violations.Add("sha256", "is for uploads; leave it out with rows");
  }
  create.format = convert::FormatFromProto(in, &call->violations);
  create.schema = convert::SchemaFromProto(in.schema(), "schema", &call->violations);
  create.sha256 = in.sha256();
  create.request_id = in.request_id();
  v1::CreateDatasetRequest body = in;
  body.clear_request_id();
  body.clear_validate_only();
  create.fingerprint = convert::Fingerprint(body);
  create.validate_only = in.validate_only();
  create.violations = std::move(call->violations);
  return create;
}

}  // namespace

grpc::ServerUnaryReactor* DatasetService::StartUpload(grpc::CallbackServerContext* context,
                                                      const v1::StartUploadRequest* request, v1::Upload* response) {
  return Handle<v1::StartUploadRequest, v1::Upload>(
      context, request, response, shared_,
      [this](Call* call, const v1::StartUploadRequest& in, v1::Upload* out) -> absl::Status {
        DESCENT_RETURN_IF_ERROR(call->violations.ToStatus());
        const std::optional<int64_t> size =
            in.has_size_bytes() ? std::optional<int64_t>(in.size_bytes()) : std::nullopt;
        DESCENT_ASSIGN_OR_RETURN(const datasets::UploadInfo info,
                                 datasets_->StartUpload(call->caller.owner, in.file_name(), size));
        convert::UploadToProto(info, out);
        return absl::OkStatus();
      });
}

grpc::ServerReadReactor<v1::WriteUploadRequest>* DatasetService::WriteUpload(grpc::CallbackServerContext* context,
                                                                             v1::Upload* response) {
  return new UploadReactor(context, response, shared_, datasets_);
}

grpc::ServerUnaryReactor* DatasetService::GetUpload(grpc::CallbackServerContext* context,
                                                    const v1::GetUploadRequest* request, v1::Upload* response) {
  return Handle<v1::GetUploadRequest, v1::Upload>(
      context, request, response, shared_,
      [this](Call* call, const v1::GetUploadRequest& in, v1::Upload* out) -> absl::Status {
        const std::string id = IdFromName("uploads", in.name(), "name", &call->violations);
        DESCENT_RETURN_IF_ERROR(call->violations.ToStatus());
        DESCENT_ASSIGN_OR_RETURN(const datasets::UploadInfo info, datasets_->uploads().Get(call->caller.owner, id));
        convert::UploadToProto(info, out);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DatasetService::InspectUpload(grpc::CallbackServerContext* context,
                                                        const v1::InspectUploadRequest* request,
                                                        v1::UploadInspection* response) {
  return Handle<v1::InspectUploadRequest, v1::UploadInspection>(
      context, request, response, shared_,
      [this](Call* call, const v1::InspectUploadRequest& in, v1::UploadInspection* out) -> absl::Status {
        const std::string id = IdFromName("uploads", in.name(), "name", &call->violations);
        const std::optional<core::TextFormat> format = convert::FormatFromProto(in, &call->violations);
        const core::Schema schema = convert::SchemaFromProto(in.schema(), "schema", &call->violations);
        const int32_t preview_rows = in.has_preview_rows() ? in.preview_rows() : 10;
        if (preview_rows < 0 || preview_rows > kMaxPreviewRows) {
          call->violations.Add("preview_rows", absl::StrCat("must be in [0, 1000], was ", preview_rows));
        }
        DESCENT_RETURN_IF_ERROR(call->violations.ToStatus());
        DESCENT_ASSIGN_OR_RETURN(const datasets::Inspection inspection,
                                 datasets_->Inspect(call->caller.owner, id, format, schema, preview_rows));
        convert::InspectionToProto(inspection, out);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DatasetService::CreateDataset(grpc::CallbackServerContext* context,
                                                        const v1::CreateDatasetRequest* request,
                                                        v1::Dataset* response) {
  return Handle<v1::CreateDatasetRequest, v1::Dataset>(
      context, request, response, shared_,
      [this](Call* call, const v1::CreateDatasetRequest& in, v1::Dataset* out) -> absl::Status {
        DESCENT_ASSIGN_OR_RETURN(const datasets::DatasetView view, datasets_->CreateDataset(ParseCreate(call, in)));
        convert::DatasetToProto(view, true, out);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DatasetService::GetDataset(grpc::CallbackServerContext* context,
                                                     const v1::GetDatasetRequest* request, v1::Dataset* response) {
  return Handle<v1::GetDatasetRequest, v1::Dataset>(
      context, request, response, shared_,
      [this](Call* call, const v1::GetDatasetRequest& in, v1::Dataset* out) -> absl::Status {
        const std::string id = IdFromName("datasets", in.name(), "name", &call->violations);
        DESCENT_RETURN_IF_ERROR(call->violations.ToStatus());
        DESCENT_ASSIGN_OR_RETURN(const datasets::DatasetView view, datasets_->Get(call->caller.owner, id));
        convert::DatasetToProto(view, true, out);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DatasetService::ListDatasets(grpc::CallbackServerContext* context,
                                                       const v1::ListDatasetsRequest* request,
                                                       v1::ListDatasetsResponse* response) {
  return Handle<v1::ListDatasetsRequest, v1::ListDatasetsResponse>(
      context, request, response, shared_,
      [this](Call* call, const v1::ListDatasetsRequest& in, v1::ListDatasetsResponse* out) -> absl::Status {
        if (in.page_size() < 0) {
          call->violations.Add("page_size", absl::StrCat("must be in [0, 1000], was ", in.page_size()));
        }
        DESCENT_RETURN_IF_ERROR(call->violations.ToStatus());
        const int64_t limit = in.page_size() == 0 ? 50 : std::min(in.page_size(), 1000);
        DESCENT_ASSIGN_OR_RETURN(
            const std::vector<datasets::DatasetView> views,
            datasets_->List(call->caller.owner, limit, in.page_token(), out->mutable_next_page_token()));
        for (const datasets::DatasetView& view : views) convert::DatasetToProto(view, false, out->add_datasets());
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DatasetService::DeleteDataset(grpc::CallbackServerContext* context,
                                                        const v1::DeleteDatasetRequest* request,
                                                        google::protobuf::Empty* response) {
  return Handle<v1::DeleteDatasetRequest, google::protobuf::Empty>(
      context, request, response, shared_,
      [this](Call* call, const v1::DeleteDatasetRequest& in, google::protobuf::Empty*) -> absl::Status {
        const std::string id = IdFromName("datasets", in.name(), "name", &call->violations);
        DESCENT_RETURN_IF_ERROR(call->violations.ToStatus());
        return datasets_->Delete(call->caller.owner, id);
      });
}

}  // namespace descent::rpc
