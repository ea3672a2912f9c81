#include "server/datasets/dataset_manager.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/errors.h"
#include "core/base/resource_id.h"
#include "core/base/status.h"
#include "core/base/suggest.h"

namespace descent::datasets {
namespace {

// How long a request id protects a retry.
constexpr absl::Duration kRequestLifetime = absl::Hours(24);
// Tables that stay in memory when nobody uses them.
constexpr size_t kRecentTables = 4;
constexpr absl::string_view kVersionPrefix = "sha256:";
constexpr absl::string_view kTableSuffix = ".table";

bool IsSha256(absl::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(),
                                          [](char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); });
}

// `Breast Cancer.csv` -> `breast-cancer`; `data` when nothing is left.
std::string IdFromFileName(absl::string_view file_name) {
  file_name = file_name.substr(
      file_name.find_last_of("/\\") == absl::string_view::npos ? 0 : file_name.find_last_of("/\\") + 1);
  const size_t dot = file_name.find_last_of('.');
  std::string id;
  for (const char c : file_name.substr(0, dot)) {
    const auto character = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(character)) {
      id += static_cast<char>(absl::ascii_tolower(character));
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  while (!id.empty() && id.back() == '-') id.pop_back();
  while (!id.empty() && !absl::ascii_islower(static_cast<unsigned char>(id[0]))) id.erase(0, 1);
  return id.empty() ? "data" : id.substr(0, 50);
}

}  // namespace

absl::StatusOr<std::unique_ptr<DatasetManager>> DatasetManager::Create(core::Env* env, DatasetStore* store,
                                                                       DatasetManagerOptions options) {
  std::unique_ptr<DatasetManager> manager(new DatasetManager(env, store, std::move(options)));
  const std::string& directory = manager->options_.directory;
  DESCENT_RETURN_IF_ERROR(env->CreateDirectories(absl::StrCat(directory, "/tables")));
  DESCENT_ASSIGN_OR_RETURN(
      manager->uploads_, Uploads::Create(env, absl::StrCat(directory, "/uploads"), manager->options_.max_upload_bytes));
  DESCENT_RETURN_IF_ERROR(manager->RemoveUnknownTables());
  return manager;
}

// A crash may have left a table whose dataset was not stored, or is gone already.
absl::Status DatasetManager::RemoveUnknownTables() {
  DESCENT_ASSIGN_OR_RETURN(const std::vector<std::string> versions, store_->AllVersions());
  const std::string directory = absl::StrCat(options_.directory, "/tables");
  DESCENT_ASSIGN_OR_RETURN(const std::vector<std::string> names, env_->ListDirectory(directory));
  for (const std::string& name : names) {
    absl::string_view digits = name;
    const std::string path = absl::StrCat(directory, "/", name);
    const bool known = absl::ConsumeSuffix(&digits, kTableSuffix) &&
                       std::binary_search(versions.begin(), versions.end(), absl::StrCat(kVersionPrefix, digits));
    if (!known) {
      DESCENT_RETURN_IF_ERROR(env_->DeleteFile(path));
      continue;
    }
    DESCENT_ASSIGN_OR_RETURN(const int64_t size, env_->FileSize(path));
    table_bytes_ += size;
  }
  return absl::OkStatus();
}

std::string DatasetManager::TablePath(const std::string& version) const {
  return absl::StrCat(options_.directory, "/tables/", absl::StripPrefix(version, kVersionPrefix), kTableSuffix);
}

int64_t DatasetManager::TotalBytes() const { return table_bytes_.load() + uploads_->TotalBytes(); }

absl::StatusOr<UploadInfo> DatasetManager::StartUpload(const std::string& owner, const std::string& file_name,
                                                       std::optional<int64_t> size_bytes) {
  DESCENT_RETURN_IF_ERROR(options_.check_room());
  return uploads_->Start(owner, file_name, size_bytes);
}

absl::StatusOr<Inspection> DatasetManager::Inspect(const std::string& owner, const std::string& upload,
                                                   const std::optional<core::TextFormat>& format,
                                                   const core::Schema& schema, int64_t preview_rows) {
  DESCENT_ASSIGN_OR_RETURN(const UploadInfo info, uploads_->Get(owner, upload));
  DESCENT_ASSIGN_OR_RETURN(const std::string bytes, uploads_->Read(owner, upload));
  Inspection inspection;
  core::Violations violations;
  inspection.result = core::ReadTable(bytes, info.file_name, format, schema, preview_rows, &violations);
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  inspection.statistics = core::ComputeStatistics(inspection.result.table);
  inspection.sha256 = core::Sha256Hex(bytes);
  return inspection;
}

absl::StatusOr<DatasetView> DatasetManager::CreateDataset(CreateDatasetRequest request) {
  core::Violations violations = std::move(request.violations);
  if (!request.dataset_id.empty() && !core::IsResourceId(request.dataset_id)) {
    violations.Add("dataset_id", absl::StrCat("must be lower-case letters, digits and hyphens, begin with a letter and "
                                              "have at most 63 characters, was \"",
                                              request.dataset_id.substr(0, 100), "\""));
  }
  if (request.request_id.size() > 64) {
    violations.Add("request_id", absl::StrCat("has ", request.request_id.size(), " bytes, at most 64 are allowed"));
  }
  if (!request.sha256.empty() && !IsSha256(request.sha256)) {
    violations.Add("sha256", absl::StrCat("must be 64 hexadecimal digits, as sha256sum prints them, was \"",
                                          request.sha256.substr(0, 100), "\""));
  }
  if (!request.upload.has_value() && !request.rows.has_value()) {
    violations.Add("source", "is required: upload or rows");
  }
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  core::MutexLock lock(&changes_);
  DESCENT_ASSIGN_OR_RETURN(std::optional<DatasetView> made, FindMade(request));
  if (made.has_value()) return *std::move(made);
  if (!request.validate_only) DESCENT_RETURN_IF_ERROR(options_.check_room());
  DESCENT_ASSIGN_OR_RETURN(Draft draft, MakeDraft(request));
  return StoreDraft(request, std::move(draft));
}

absl::StatusOr<std::optional<DatasetView>> DatasetManager::FindMade(const CreateDatasetRequest& request) {
  if (request.request_id.empty() || request.validate_only) return std::nullopt;
  DESCENT_ASSIGN_OR_RETURN(const std::optional<DatasetRecord> made,
                           store_->FindRequest(request.owner, request.request_id, env_->Now() - kRequestLifetime));
  if (!made.has_value()) return std::nullopt;
  if (made->request_fingerprint != request.fingerprint) {
    return core::MakeError(core::ErrorReason::kRequestIdReused,
                           absl::StrCat("request_id \"", request.request_id, "\" was used for datasets/", made->name,
                                        " with another body; use a new id for a new dataset"),
                           {{"request_id", request.request_id}});
  }
  DESCENT_ASSIGN_OR_RETURN(DatasetFacts facts, DecodeFacts(made->facts));
  return DatasetView{*made, std::move(facts)};
}

absl::StatusOr<core::Table> DatasetManager::TableFromUpload(const CreateDatasetRequest& request, Draft* draft) {
  DESCENT_ASSIGN_OR_RETURN(const UploadInfo info, uploads_->Get(request.owner, *request.upload));
  DESCENT_ASSIGN_OR_RETURN(const std::string bytes, uploads_->Read(request.owner, *request.upload));
  draft->file_name = info.file_name;
  draft->record.source_bytes = static_cast<int64_t>(bytes.size());
  draft->record.source_sha256 = core::Sha256Hex(bytes);
  if (!request.sha256.empty() && absl::AsciiStrToLower(request.sha256) != draft->record.source_sha256) {
    return core::MakeError(core::ErrorReason::kChecksumMismatch,
                           absl::StrCat("the uploaded bytes have SHA-256 ", draft->record.source_sha256, ", not ",
                                        request.sha256, "; upload the file again"),
                           {{"expected", request.sha256}, {"actual", draft->record.source_sha256}});
  }
  core::Violations violations;
  core::TableResult result = core::ReadTable(bytes, info.file_name, request.format, request.schema, 0, &violations);
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  DESCENT_RETURN_IF_ERROR(core::FatalProblems(result));
  draft->facts.format = std::move(result.format);
  return std::move(result.table);
}

absl::StatusOr<DatasetManager::Draft> DatasetManager::MakeDraft(const CreateDatasetRequest& request) {
  Draft draft;
  if (request.upload.has_value()) {
    DESCENT_ASSIGN_OR_RETURN(draft.table, TableFromUpload(request, &draft));
  } else {
    core::Violations violations;
    draft.table = core::TableFromRows(*request.rows, request.schema, &violations);
    DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  }
  draft.facts.schema = draft.table.schema;
  draft.facts.statistics = core::ComputeStatistics(draft.table);
  draft.record.owner = request.owner;
  draft.record.version = core::ContentHash(draft.table);
  draft.record.row_count = draft.table.row_count;
  draft.record.create_time = env_->Now();
  draft.record.facts = EncodeFacts(draft.facts);
  draft.record.request_id = request.request_id;
  draft.record.request_fingerprint = request.fingerprint;
  return draft;
}

absl::StatusOr<std::optional<DatasetRecord>> DatasetManager::FindSame(const CreateDatasetRequest& request,
                                                                      const std::string& version) {
  if (!request.dataset_id.empty()) return std::nullopt;
  return store_->FindVersion(request.owner, version);
}

// The id asked for, or a free one made from the file name.
absl::StatusOr<std::string> DatasetManager::ChooseName(const CreateDatasetRequest& request,
                                                       const std::string& file_name) {
  const std::string stem = request.dataset_id.empty() ? IdFromFileName(file_name) : request.dataset_id;
  for (int attempt = 1;; ++attempt) {
    std::string name = attempt == 1 ? stem : absl::StrCat(stem, "-", attempt);
    const absl::Status taken = store_->Get(request.owner, name).status();
    if (absl::IsNotFound(taken)) return name;
    DESCENT_RETURN_IF_ERROR(taken);
    if (!request.dataset_id.empty()) {
      return core::MakeError(core::ErrorReason::kResourceExists,
                             absl::StrCat("datasets/", name, " exists already; choose another dataset_id"),
                             {{"resource", absl::StrCat("datasets/", name)}});
    }
  }
}

absl::StatusOr<DatasetView> DatasetManager::StoreDraft(const CreateDatasetRequest& request, Draft draft) {
  DatasetRecord& record = draft.record;
  DESCENT_ASSIGN_OR_RETURN(const std::optional<DatasetRecord> same, FindSame(request, record.version));
  if (same.has_value()) {
    // A retry with a request id comes back to the upload; without one, nobody needs it any more.
    const bool done = request.upload.has_value() && request.request_id.empty() && !request.validate_only;
    if (done) uploads_->Remove(*request.upload);
    DESCENT_ASSIGN_OR_RETURN(DatasetFacts facts, DecodeFacts(same->facts));
    return DatasetView{*same, std::move(facts)};
  }
  DESCENT_ASSIGN_OR_RETURN(record.name, ChooseName(request, draft.file_name));
  const std::string bytes = core::EncodeTable(draft.table);
  record.stored_bytes = static_cast<int64_t>(bytes.size());
  if (request.validate_only) return DatasetView{std::move(record), std::move(draft.facts)};
  DESCENT_ASSIGN_OR_RETURN(const int64_t sharing, store_->CountVersion(record.version));
  if (sharing == 0) {
    const absl::string_view part = bytes;
    DESCENT_RETURN_IF_ERROR(env_->WriteFileAtomically(TablePath(record.version), absl::MakeConstSpan(&part, 1)));
  }
  // If this fails, the file stays for the next attempt, and the next start removes it.
  DESCENT_RETURN_IF_ERROR(store_->Insert(record));
  if (sharing == 0) table_bytes_ += record.stored_bytes;
  if (request.upload.has_value()) uploads_->Remove(*request.upload);
  Remember(record.version, std::make_shared<const core::Table>(std::move(draft.table)));
  return DatasetView{std::move(record), std::move(draft.facts)};
}

absl::Status DatasetManager::NotFound(const std::string& owner, const std::string& name) {
  core::ErrorMetadata metadata = {{"resource", absl::StrCat("datasets/", name)}};
  std::string hint = "; list them with ListDatasets";
  const absl::StatusOr<std::vector<std::string>> names = store_->Names(owner, 1000);
  const std::string nearest = names.ok() ? core::NearestName(name, *names) : "";
  if (!nearest.empty()) {
    metadata["nearest"] = absl::StrCat("datasets/", nearest);
    hint = absl::StrCat("; did you mean datasets/", nearest, "?");
  }
  return core::MakeError(core::ErrorReason::kResourceNotFound, absl::StrCat("there is no datasets/", name, hint),
                         metadata);
}

absl::StatusOr<DatasetView> DatasetManager::Get(const std::string& owner, const std::string& name) {
  absl::StatusOr<DatasetRecord> record = store_->Get(owner, name);
  if (absl::IsNotFound(record.status())) return NotFound(owner, name);
  if (!record.ok()) return record.status();
  DESCENT_ASSIGN_OR_RETURN(DatasetFacts facts, DecodeFacts(record->facts));
  return DatasetView{*std::move(record), std::move(facts)};
}

absl::StatusOr<std::vector<DatasetView>> DatasetManager::List(const std::string& owner, int64_t limit,
                                                              const std::string& after, std::string* next) {
  DESCENT_ASSIGN_OR_RETURN(DatasetPage page, store_->List(owner, limit, after));
  *next = std::move(page.next);
  std::vector<DatasetView> views;
  for (DatasetRecord& record : page.datasets) {
    DESCENT_ASSIGN_OR_RETURN(DatasetFacts facts, DecodeFacts(record.facts));
    views.push_back({std::move(record), std::move(facts)});
  }
  return views;
}

absl::Status DatasetManager::Delete(const std::string& owner, const std::string& name) {
  core::MutexLock lock(&changes_);
  // Not by Get: what is damaged can be deleted as well.
  const absl::StatusOr<DatasetRecord> record = store_->Get(owner, name);
  if (absl::IsNotFound(record.status())) return NotFound(owner, name);
  DESCENT_RETURN_IF_ERROR(record.status());
  const std::string& version = record->version;
  return options_.if_unused(name, version, [&]() -> absl::Status {
    DESCENT_RETURN_IF_ERROR(store_->Delete(owner, name));
    DESCENT_ASSIGN_OR_RETURN(const int64_t sharing, store_->CountVersion(version));
    if (sharing > 0) return absl::OkStatus();
    table_bytes_ -= record->stored_bytes;
    return env_->DeleteFile(TablePath(version));
  });
}

absl::StatusOr<std::shared_ptr<const core::Table>> DatasetManager::Load(const std::string& version) {
  {
    core::MutexLock lock(&mu_);
    const auto found = loaded_.find(version);
    if (found != loaded_.end()) {
      if (std::shared_ptr<const core::Table> table = found->second.lock(); table != nullptr) return table;
    }
  }
  const absl::StatusOr<std::string> bytes = env_->ReadFile(TablePath(version));
  if (!bytes.ok()) {
    return core::MakeError(core::ErrorReason::kStoredDataDamaged,
                           absl::StrCat("the table of dataset version ", version,
                                        " cannot be read; delete the dataset and upload it again"),
                           {{"resource", version}});
  }
  DESCENT_ASSIGN_OR_RETURN(core::Table table, core::DecodeTable(*bytes));
  auto shared = std::make_shared<const core::Table>(std::move(table));
  Remember(version, shared);
  return shared;
}

void DatasetManager::Remember(const std::string& version, std::shared_ptr<const core::Table> table) {
  core::MutexLock lock(&mu_);
  for (auto entry = loaded_.begin(); entry != loaded_.end();) {
    entry = entry->second.expired() ? loaded_.erase(entry) : std::next(entry);
  }
  loaded_[version] = table;
  recent_.push_front(std::move(table));
  if (recent_.size() > kRecentTables) recent_.pop_back();
}

}  // namespace descent::datasets
