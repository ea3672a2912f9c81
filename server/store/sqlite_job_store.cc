#include "server/store/sqlite_job_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/status.h"
#include "server/store/job_query.h"

namespace descent::store {
namespace {

using jobs::JobRecord;

// AUTOINCREMENT: a number is not used again after its job was deleted, so page tokens stay right.
constexpr absl::string_view kVersion1 = R"sql(
  CREATE TABLE IF NOT EXISTS jobs (
    create_sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    dataset TEXT NOT NULL,
    given_spec BLOB NOT NULL,
    resolved_spec BLOB NOT NULL,
    facts BLOB NOT NULL,
    build TEXT NOT NULL,
    state INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    start_time INTEGER,
    end_time INTEGER,
    details BLOB NOT NULL,
    request_id TEXT NOT NULL,
    request_fingerprint BLOB NOT NULL,
    UNIQUE (owner, name)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS jobs_by_create_time ON jobs (owner, create_time, create_sequence);
  CREATE INDEX IF NOT EXISTS jobs_by_end_time
    ON jobs (owner, COALESCE(end_time, 9223372036854775807), create_sequence);
  CREATE INDEX IF NOT EXISTS jobs_by_request ON jobs (owner, request_id) WHERE request_id <> '';
  CREATE INDEX IF NOT EXISTS jobs_unfinished ON jobs (create_sequence) WHERE state < 4;
  CREATE TABLE IF NOT EXISTS job_labels (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    label TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (job, label)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS job_dataset_versions (
    version TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    position INTEGER NOT NULL,
    PRIMARY KEY (version, job, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS job_dataset_versions_by_job ON job_dataset_versions (job, position);
)sql";
static_assert(static_cast<int>(jobs::JobState::kSucceeded) == 4, "the index jobs_unfinished has the number");

// In the order of ReadRecord.
constexpr char kColumns[] =
    "create_sequence, uid, owner, name, dataset, given_spec, resolved_spec, facts, build, state, create_time, "
    "start_time, end_time, details, request_id, request_fingerprint";

std::optional<int64_t> Nanos(const std::optional<absl::Time>& time) {
  if (!time.has_value()) return std::nullopt;
  return absl::ToUnixNanos(*time);
}

std::optional<absl::Time> TimeAt(const SqliteStatement& row, int column) {
  const std::optional<int64_t> nanos = row.OptionalInt(column);
  if (!nanos.has_value()) return std::nullopt;
  return absl::FromUnixNanos(*nanos);
}

absl::Status ReadRecord(SqliteConnection& connection, const SqliteStatement& row, JobRecord& record) {
  record.create_sequence = row.Int(0);
  record.uid = row.Bytes(1);
  record.owner = row.Bytes(2);
  record.name = row.Bytes(3);
  record.dataset = row.Bytes(4);
  record.given_spec = row.Bytes(5);
  record.resolved_spec = row.Bytes(6);
  record.facts = row.Bytes(7);
  record.build = row.Bytes(8);
  record.state = static_cast<jobs::JobState>(row.Int(9));
  record.create_time = absl::FromUnixNanos(row.Int(10));
  record.start_time = TimeAt(row, 11);
  record.end_time = TimeAt(row, 12);
  record.details = row.Bytes(13);
  record.request_id = row.Bytes(14);
  record.request_fingerprint = row.Bytes(15);

  DESCENT_ASSIGN_OR_RETURN(SqliteStatement labels,
                           connection.Prepare("SELECT label, value FROM job_labels WHERE job = ?"));
  labels.Bind(record.create_sequence);
  while (true) {
    DESCENT_ASSIGN_OR_RETURN(const bool found, labels.Step());
    if (!found) break;
    record.labels.emplace(labels.Bytes(0), labels.Bytes(1));
  }
  DESCENT_ASSIGN_OR_RETURN(
      SqliteStatement versions,
      connection.Prepare("SELECT version FROM job_dataset_versions WHERE job = ? ORDER BY position"));
  versions.Bind(record.create_sequence);
  while (true) {
    DESCENT_ASSIGN_OR_RETURN(const bool found, versions.Step());
    if (!found) break;
    record.dataset_versions.push_back(versions.Bytes(0));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<JobRecord>> ReadRecords(SqliteConnection& connection, SqliteStatement& select) {
  std::vector<JobRecord> records;
  while (true) {
    DESCENT_ASSIGN_OR_RETURN(const bool found, select.Step());
    if (!found) return records;
    DESCENT_RETURN_IF_ERROR(ReadRecord(connection, select, records.emplace_back()));
  }
}

absl::StatusOr<std::vector<std::string>> ReadStrings(SqliteStatement& select) {
  std::vector<std::string> strings;
  while (true) {
    DESCENT_ASSIGN_OR_RETURN(const bool found, select.Step());
    if (!found) return strings;
    strings.push_back(select.Bytes(0));
  }
}

absl::Status InsertRecord(SqliteConnection& connection, JobRecord& record) {
  {
    DESCENT_ASSIGN_OR_RETURN(
        SqliteStatement insert,
        connection.Prepare(
            "INSERT INTO jobs (uid, owner, name, dataset, given_spec, resolved_spec, facts, build, state, "
            "create_time, start_time, end_time, details, request_id, request_fingerprint) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert.BindBytes(record.uid).Bind(record.owner).Bind(record.name).Bind(record.dataset);
    insert.BindBytes(record.given_spec).BindBytes(record.resolved_spec).BindBytes(record.facts).Bind(record.build);
    insert.Bind(static_cast<int64_t>(record.state)).Bind(absl::ToUnixNanos(record.create_time));
    insert.Bind(Nanos(record.start_time)).Bind(Nanos(record.end_time)).BindBytes(record.details);
    insert.Bind(record.request_id).BindBytes(record.request_fingerprint);
    DESCENT_RETURN_IF_ERROR(insert.Run());
  }
  const int64_t job = connection.LastInsertRowid();
  for (const auto& [label, value] : record.labels) {
    DESCENT_ASSIGN_OR_RETURN(SqliteStatement insert,
                             connection.Prepare("INSERT INTO job_labels (job, label, value) VALUES (?, ?, ?)"));
    DESCENT_RETURN_IF_ERROR(insert.Bind(job).Bind(label).Bind(value).Run());
  }
  int64_t position = 0;
  for (const std::string& version : record.dataset_versions) {
    DESCENT_ASSIGN_OR_RETURN(
        SqliteStatement insert,
        connection.Prepare("INSERT INTO job_dataset_versions (version, job, position) VALUES (?, ?, ?)"));
    DESCENT_RETURN_IF_ERROR(insert.Bind(version).Bind(job).Bind(position++).Run());
  }
  record.create_sequence = job;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteJobStore>> SqliteJobStore::Create(SqliteDatabase* database) {
  DESCENT_RETURN_IF_ERROR(database->Migrate("jobs", {kVersion1}));
  return std::unique_ptr<SqliteJobStore>(new SqliteJobStore(database));
}

absl::Status SqliteJobStore::Insert(JobRecord* record) {
  const absl::Status status =
      database_->Write([&](SqliteConnection& connection) { return InsertRecord(connection, *record); });
  if (!absl::IsAlreadyExists(status)) return status;
  return core::MakeError(
      core::ErrorReason::kResourceExists,
      absl::StrCat("jobs/", record->name, " exists already; choose another name, or leave it out and get a new one"),
      {{"resource", absl::StrCat("jobs/", record->name)}});
}

absl::Status SqliteJobStore::Update(const JobRecord& record) {
  return database_->Write([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_ASSIGN_OR_RETURN(
        SqliteStatement update,
        connection.Prepare("UPDATE jobs SET state = ?, start_time = ?, end_time = ?, details = ? WHERE uid = ?"));
    update.Bind(static_cast<int64_t>(record.state)).Bind(Nanos(record.start_time)).Bind(Nanos(record.end_time));
    DESCENT_RETURN_IF_ERROR(update.BindBytes(record.details).BindBytes(record.uid).Run());
    if (connection.Changes() > 0) return absl::OkStatus();
    return core::MakeError(core::ErrorReason::kResourceNotFound, absl::StrCat("jobs/", record.name, " does not exist"),
                           {{"resource", absl::StrCat("jobs/", record.name)}});
  });
}

absl::StatusOr<JobRecord> SqliteJobStore::Get(const std::string& owner, const std::string& name) {
  JobRecord record;
  DESCENT_RETURN_IF_ERROR(database_->Read([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_ASSIGN_OR_RETURN(
        SqliteStatement select,
        connection.Prepare(absl::StrCat("SELECT ", kColumns, " FROM jobs WHERE owner = ? AND name = ?")));
    DESCENT_ASSIGN_OR_RETURN(const bool found, select.Bind(owner).Bind(name).Step());
    if (found) return ReadRecord(connection, select, record);
    return core::MakeError(core::ErrorReason::kResourceNotFound, absl::StrCat("jobs/", name, " does not exist"),
                           {{"resource", absl::StrCat("jobs/", name)}});
  }));
  return record;
}

absl::StatusOr<std::optional<JobRecord>> SqliteJobStore::FindRequest(const std::string& owner,
                                                                     const std::string& request_id, absl::Time oldest) {
  std::optional<JobRecord> result;
  if (request_id.empty()) return result;
  DESCENT_RETURN_IF_ERROR(database_->Read([&](SqliteConnection& connection) -> absl::Status {
    // The second condition on request_id lets the partial index be used.
    DESCENT_ASSIGN_OR_RETURN(
        SqliteStatement select,
        connection.Prepare(absl::StrCat("SELECT ", kColumns,
                                        " FROM jobs WHERE owner = ? AND request_id = ? AND request_id <> '' AND "
                                        "create_time >= ? ORDER BY create_sequence DESC LIMIT 1")));
    DESCENT_ASSIGN_OR_RETURN(const bool found,
                             select.Bind(owner).Bind(request_id).Bind(absl::ToUnixNanos(oldest)).Step());
    if (!found) return absl::OkStatus();
    return ReadRecord(connection, select, result.emplace());
  }));
  return result;
}

absl::StatusOr<jobs::JobPage> SqliteJobStore::List(const jobs::JobQuery& query) {
  DESCENT_ASSIGN_OR_RETURN(const JobSql sql, MakeJobSql(query, kColumns));
  jobs::JobPage page;
  DESCENT_RETURN_IF_ERROR(database_->Read([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_ASSIGN_OR_RETURN(SqliteStatement select, connection.PrepareOnce(sql.text));
    for (const auto& parameter : sql.parameters) {
      std::visit([&select](const auto& value) { select.Bind(value); }, parameter);
    }
    DESCENT_ASSIGN_OR_RETURN(page.jobs, ReadRecords(connection, select));
    return absl::OkStatus();
  }));
  if (static_cast<int64_t>(page.jobs.size()) > std::max<int64_t>(query.limit, 1)) {
    page.jobs.pop_back();
    page.next = EncodePageToken(query, PositionOf(query, page.jobs.back()));
  }
  return page;
}

absl::StatusOr<std::vector<JobRecord>> SqliteJobStore::Unfinished() {
  std::vector<JobRecord> records;
  DESCENT_RETURN_IF_ERROR(database_->Read([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_ASSIGN_OR_RETURN(
        SqliteStatement select,
        connection.Prepare(absl::StrCat("SELECT ", kColumns, " FROM jobs WHERE state < 4 ORDER BY create_sequence")));
    DESCENT_ASSIGN_OR_RETURN(records, ReadRecords(connection, select));
    return absl::OkStatus();
  }));
  return records;
}

absl::StatusOr<std::vector<std::string>> SqliteJobStore::AllUids() {
  std::vector<std::string> uids;
  DESCENT_RETURN_IF_ERROR(database_->Read([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_ASSIGN_OR_RETURN(SqliteStatement select, connection.Prepare("SELECT uid FROM jobs ORDER BY uid"));
    DESCENT_ASSIGN_OR_RETURN(uids, ReadStrings(select));
    return absl::OkStatus();
  }));
  return uids;
}

absl::StatusOr<std::vector<std::string>> SqliteJobStore::JobsUsing(const std::string& dataset_version, int64_t limit) {
  std::vector<std::string> names;
  DESCENT_RETURN_IF_ERROR(database_->Read([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_ASSIGN_OR_RETURN(
        SqliteStatement select,
        connection.Prepare("SELECT DISTINCT name FROM job_dataset_versions JOIN jobs ON create_sequence = job "
                           "WHERE version = ? ORDER BY job LIMIT ?"));
    select.Bind(dataset_version).Bind(limit);
    DESCENT_ASSIGN_OR_RETURN(names, ReadStrings(select));
    return absl::OkStatus();
  }));
  return names;
}

absl::StatusOr<std::vector<std::string>> SqliteJobStore::Names(const std::string& owner, int64_t limit) {
  std::vector<std::string> names;
  DESCENT_RETURN_IF_ERROR(database_->Read([&](SqliteConnection& connection) -> absl::Status {
    // The newest first: they are the likeliest to be meant.
    DESCENT_ASSIGN_OR_RETURN(
        SqliteStatement select,
        connection.Prepare("SELECT name FROM jobs WHERE owner = ? ORDER BY create_time DESC, create_sequence DESC "
                           "LIMIT ?"));
    select.Bind(owner).Bind(limit);
    DESCENT_ASSIGN_OR_RETURN(names, ReadStrings(select));
    return absl::OkStatus();
  }));
  return names;
}

absl::Status SqliteJobStore::Delete(const std::string& uid) {
  return database_->Write([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_ASSIGN_OR_RETURN(SqliteStatement remove, connection.Prepare("DELETE FROM jobs WHERE uid = ?"));
    return remove.BindBytes(uid).Run();
  });
}

}  // namespace descent::store
