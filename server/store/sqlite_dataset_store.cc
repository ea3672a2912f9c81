#include "server/store/sqlite_dataset_store.h"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/errors.h"
#include "core/base/status.h"

namespace descent::store {
namespace {

using datasets::DatasetRecord;

// AUTOINCREMENT: a number is not used again after its dataset was deleted, so page tokens stay right.
constexpr absl::string_view kVersion1 = R"sql(
  CREATE TABLE IF NOT EXISTS datasets (
    create_sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    source_sha256 TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    source_bytes INTEGER NOT NULL,
    stored_bytes INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    facts BLOB NOT NULL,
    request_id TEXT NOT NULL,
    request_fingerprint BLOB NOT NULL,
    UNIQUE (owner, name)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS datasets_by_version ON datasets (version, owner);
  CREATE INDEX IF NOT EXISTS datasets_by_request ON datasets (owner, request_id) WHERE request_id <> '';
)sql";

// In the order of ReadRecord.
constexpr char kSelect[] =
    "SELECT create_sequence, owner, name, version, source_sha256, row_count, source_bytes, stored_bytes, create_time, "
    "facts, request_id, request_fingerprint FROM datasets ";

DatasetRecord ReadRecord(const SqliteStatement& row) {
  DatasetRecord record;
  record.owner = row.Bytes(1);
  record.name = row.Bytes(2);
  record.version = row.Bytes(3);
  record.source_sha256 = row.Bytes(4);
  record.row_count = row.Int(5);
  record.source_bytes = row.Int(6);
  record.stored_bytes = row.Int(7);
  record.create_time = absl::FromUnixNanos(row.Int(8));
  record.facts = row.Bytes(9);
  record.request_id = row.Bytes(10);
  record.request_fingerprint = row.Bytes(11);
  return record;
}

// The first row of a query, if there is one.
absl::StatusOr<std::optional<DatasetRecord>> FindOne(SqliteDatabase* database, absl::string_view where,
                                                     const std::function<void(SqliteStatement&)>& bind) {
  std::optional<DatasetRecord> record;
  DESCENT_RETURN_IF_ERROR(database->Read([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_ASSIGN_OR_RETURN(SqliteStatement select, connection.Prepare(absl::StrCat(kSelect, where)));
    bind(select);
    DESCENT_ASSIGN_OR_RETURN(const bool found, select.Step());
    if (found) record = ReadRecord(select);
    return absl::OkStatus();
  }));
  return record;
}

// First column of all rows.
absl::StatusOr<std::vector<std::string>> Texts(SqliteDatabase* database, absl::string_view sql,
                                               const std::function<void(SqliteStatement&)>& bind) {
  std::vector<std::string> texts;
  DESCENT_RETURN_IF_ERROR(database->Read([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_ASSIGN_OR_RETURN(SqliteStatement select, connection.Prepare(sql));
    bind(select);
    while (true) {
      DESCENT_ASSIGN_OR_RETURN(const bool found, select.Step());
      if (!found) return absl::OkStatus();
      texts.push_back(select.Bytes(0));
    }
  }));
  return texts;
}

// A page begins before a create_sequence: `d12`.
absl::StatusOr<int64_t> ParseToken(absl::string_view token) {
  if (token.empty()) return INT64_MAX;
  int64_t before = 0;
  if (!absl::ConsumePrefix(&token, "d") || !absl::SimpleAtoi(token, &before) || before < 1 ||
      absl::StrCat(before) != token) {
    return core::InvalidField("page_token",
                              "is not a token of this server; pass next_page_token of the answer before, or none to "
                              "begin again");
  }
  return before;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteDatasetStore>> SqliteDatasetStore::Create(SqliteDatabase* database) {
  DESCENT_RETURN_IF_ERROR(database->Migrate("datasets", {kVersion1}));
  return std::unique_ptr<SqliteDatasetStore>(new SqliteDatasetStore(database));
}

absl::Status SqliteDatasetStore::Insert(const DatasetRecord& record) {
  const absl::Status status = database_->Write([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_ASSIGN_OR_RETURN(
        SqliteStatement insert,
        connection.Prepare("INSERT INTO datasets (owner, name, version, source_sha256, row_count, source_bytes, "
                           "stored_bytes, create_time, facts, request_id, request_fingerprint) "
                           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert.Bind(record.owner).Bind(record.name).Bind(record.version).Bind(record.source_sha256);
    insert.Bind(record.row_count).Bind(record.source_bytes).Bind(record.stored_bytes);
    insert.Bind(absl::ToUnixNanos(record.create_time)).BindBytes(record.facts);
    insert.Bind(record.request_id).BindBytes(record.request_fingerprint);
    return insert.Run();
  });
  if (!absl::IsAlreadyExists(status)) return status;
  return core::MakeError(core::ErrorReason::kResourceExists,
                         absl::StrCat("datasets/", record.name, " exists already; choose another dataset_id"),
                         {{"resource", absl::StrCat("datasets/", record.name)}});
}

absl::StatusOr<DatasetRecord> SqliteDatasetStore::Get(const std::string& owner, const std::string& name) {
  DESCENT_ASSIGN_OR_RETURN(std::optional<DatasetRecord> record,
                           FindOne(database_, "WHERE owner = ? AND name = ?",
                                   [&](SqliteStatement& select) { select.Bind(owner).Bind(name); }));
  if (record.has_value()) return *std::move(record);
  return core::MakeError(core::ErrorReason::kResourceNotFound, absl::StrCat("there is no datasets/", name),
                         {{"resource", absl::StrCat("datasets/", name)}});
}

absl::StatusOr<std::optional<DatasetRecord>> SqliteDatasetStore::FindVersion(const std::string& owner,
                                                                             const std::string& version) {
  return FindOne(database_, "WHERE version = ? AND owner = ? ORDER BY create_sequence LIMIT 1",
                 [&](SqliteStatement& select) { select.Bind(version).Bind(owner); });
}

absl::StatusOr<std::optional<DatasetRecord>> SqliteDatasetStore::FindRequest(const std::string& owner,
                                                                             const std::string& request_id,
                                                                             absl::Time oldest) {
  return FindOne(database_,
                 "WHERE owner = ? AND request_id = ? AND request_id <> '' AND create_time >= ? "
                 "ORDER BY create_sequence DESC LIMIT 1",
                 [&](SqliteStatement& select) { select.Bind(owner).Bind(request_id).Bind(absl::ToUnixNanos(oldest)); });
}

absl::StatusOr<datasets::DatasetPage> SqliteDatasetStore::List(const std::string& owner, int64_t limit,
                                                               const std::string& after) {
  DESCENT_ASSIGN_OR_RETURN(const int64_t before, ParseToken(after));
  datasets::DatasetPage page;
  DESCENT_RETURN_IF_ERROR(database_->Read([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_ASSIGN_OR_RETURN(
        SqliteStatement select,
        connection.Prepare(
            absl::StrCat(kSelect, "WHERE owner = ? AND create_sequence < ? ORDER BY create_sequence DESC LIMIT ?")));
    // One more than asked for tells whether there is a next page.
    select.Bind(owner).Bind(before).Bind(limit + 1);
    int64_t last = 0;
    while (true) {
      DESCENT_ASSIGN_OR_RETURN(const bool found, select.Step());
      if (!found) return absl::OkStatus();
      if (static_cast<int64_t>(page.datasets.size()) == limit) {
        page.next = absl::StrCat("d", last);
        return absl::OkStatus();
      }
      last = select.Int(0);
      page.datasets.push_back(ReadRecord(select));
    }
  }));
  return page;
}

absl::Status SqliteDatasetStore::Delete(const std::string& owner, const std::string& name) {
  return database_->Write([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_ASSIGN_OR_RETURN(SqliteStatement remove,
                             connection.Prepare("DELETE FROM datasets WHERE owner = ? AND name = ?"));
    remove.Bind(owner).Bind(name);
    return remove.Run();
  });
}

absl::StatusOr<int64_t> SqliteDatasetStore::CountVersion(const std::string& version) {
  int64_t count = 0;
  DESCENT_RETURN_IF_ERROR(database_->Read([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_ASSIGN_OR_RETURN(SqliteStatement select,
                             connection.Prepare("SELECT COUNT(*) FROM datasets WHERE version = ?"));
    select.Bind(version);
    DESCENT_RETURN_IF_ERROR(select.Step().status());
    count = select.Int(0);
    return absl::OkStatus();
  }));
  return count;
}

absl::StatusOr<std::vector<std::string>> SqliteDatasetStore::AllVersions() {
  return Texts(database_, "SELECT DISTINCT version FROM datasets ORDER BY version", [](SqliteStatement&) {});
}

absl::StatusOr<std::vector<std::string>> SqliteDatasetStore::Names(const std::string& owner, int64_t limit) {
  return Texts(database_, "SELECT name FROM datasets WHERE owner = ? ORDER BY name LIMIT ?",
               [&](SqliteStatement& select) { select.Bind(owner).Bind(limit); });
}

}  // namespace descent::store
