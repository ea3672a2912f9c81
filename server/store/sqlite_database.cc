#include "server/store/sqlite_database.h"

#include <sqlite3.h>

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace descent::store {
namespace {

// Another process, a backup for instance, may hold the file for a moment.
constexpr int kBusyTimeoutMilliseconds = 10'000;

absl::Status SqliteStatus(int result, absl::string_view action, sqlite3* handle) {
  const std::string message =
      absl::StrCat("database: ", action, ": ", handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(result));
  switch (result & 0xff) {
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(message);
    case SQLITE_CONSTRAINT:
      if (result == SQLITE_CONSTRAINT_UNIQUE || result == SQLITE_CONSTRAINT_PRIMARYKEY) {
        return absl::AlreadyExistsError(message);
      }
      return absl::InternalError(message);
    default:
      return absl::InternalError(message);
  }
}

}  // namespace

SqliteStatement::SqliteStatement(SqliteStatement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)),
      kept_(other.kept_),
      bound_(other.bound_),
      bind_result_(other.bind_result_) {}

SqliteStatement::~SqliteStatement() {
  if (statement_ == nullptr) return;
  if (kept_) {
    Reset();
  } else {
    sqlite3_finalize(statement_);
  }
}

void SqliteStatement::Reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  bound_ = 0;
  bind_result_ = SQLITE_OK;
}

SqliteStatement& SqliteStatement::Bind(int64_t value) {
  if (const int result = sqlite3_bind_int64(statement_, ++bound_, value); result != SQLITE_OK) bind_result_ = result;
  return *this;
}

SqliteStatement& SqliteStatement::Bind(std::optional<int64_t> value) {
  if (value.has_value()) return Bind(*value);
  if (const int result = sqlite3_bind_null(statement_, ++bound_); result != SQLITE_OK) bind_result_ = result;
  return *this;
}

SqliteStatement& SqliteStatement::Bind(absl::string_view text) {
  const char* const data = text.data() != nullptr ? text.data() : "";
  const int result = sqlite3_bind_text64(statement_, ++bound_, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (result != SQLITE_OK) bind_result_ = result;
  return *this;
}

SqliteStatement& SqliteStatement::BindBytes(absl::string_view bytes) {
  const char* const data = bytes.data() != nullptr ? bytes.data() : "";
  const int result = sqlite3_bind_blob64(statement_, ++bound_, data, bytes.size(), SQLITE_TRANSIENT);
  if (result != SQLITE_OK) bind_result_ = result;
  return *this;
}

absl::StatusOr<bool> SqliteStatement::Step() {
  sqlite3* const handle = sqlite3_db_handle(statement_);
  if (bind_result_ != SQLITE_OK) return SqliteStatus(bind_result_, "cannot bind", nullptr);
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return SqliteStatus(sqlite3_extended_errcode(handle), "cannot run a statement", handle);
}

absl::Status SqliteStatement::Run() { return Step().status(); }

int64_t SqliteStatement::Int(int column) const { return sqlite3_column_int64(statement_, column); }

bool SqliteStatement::IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::optional<int64_t> SqliteStatement::OptionalInt(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Int(column);
}

std::string SqliteStatement::Bytes(int column) const {
  const void* const data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), static_cast<size_t>(size));
}

SqliteConnection::~SqliteConnection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

absl::StatusOr<SqliteStatement> SqliteConnection::Prepare(absl::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return SqliteStatement(found->second, /*kept=*/true);
  DESCENT_ASSIGN_OR_RETURN(sqlite3_stmt* const statement, Compile(sql, SQLITE_PREPARE_PERSISTENT));
  statements_.emplace(sql, statement);
  return SqliteStatement(statement, /*kept=*/true);
}

absl::StatusOr<SqliteStatement> SqliteConnection::PrepareOnce(absl::string_view sql) {
  DESCENT_ASSIGN_OR_RETURN(sqlite3_stmt* const statement, Compile(sql, 0));
  return SqliteStatement(statement, /*kept=*/false);
}

absl::StatusOr<sqlite3_stmt*> SqliteConnection::Compile(absl::string_view sql, unsigned int flags) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), flags, &statement, nullptr);
  if (result != SQLITE_OK) return SqliteStatus(sqlite3_extended_errcode(handle_), "cannot prepare", handle_);
  return statement;
}

absl::Status SqliteConnection::Execute(const std::string& sql) {
  const int result = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (result == SQLITE_OK) return absl::OkStatus();
  return SqliteStatus(sqlite3_extended_errcode(handle_), "cannot execute", handle_);
}

int64_t SqliteConnection::Changes() const { return sqlite3_changes64(handle_); }

int64_t SqliteConnection::LastInsertRowid() const { return sqlite3_last_insert_rowid(handle_); }

absl::StatusOr<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(core::Env* env, const std::string& path) {
  // SQLite does not report a failed sync while it creates a database, so the file and its name are made durable first.
  {
    DESCENT_ASSIGN_OR_RETURN(const std::unique_ptr<core::WritableFile> file, env->OpenForAppend(path));
    DESCENT_RETURN_IF_ERROR(file->Sync());
  }
  const std::string folder = std::filesystem::path(path).parent_path().string();
  DESCENT_RETURN_IF_ERROR(env->SyncDirectory(folder.empty() ? "." : folder));

  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &handle,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  // Closes the handle whatever happens: SQLite gives one even when it cannot open the file.
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(handle));
  if (result != SQLITE_OK) return SqliteStatus(result, "cannot open", handle);
  sqlite3_busy_timeout(handle, kBusyTimeoutMilliseconds);

  core::MutexLock lock(&database->mu_);
  DESCENT_RETURN_IF_ERROR(
      database->connection_.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                                    "CREATE TABLE IF NOT EXISTS store_versions ("
                                    "  store TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;"));
  return database;
}

absl::Status SqliteDatabase::Migrate(absl::string_view store, absl::Span<const absl::string_view> steps) {
  return Write([&](SqliteConnection& connection) -> absl::Status {
    int64_t version = 0;
    {
      DESCENT_ASSIGN_OR_RETURN(SqliteStatement select,
                               connection.Prepare("SELECT version FROM store_versions WHERE store = ?"));
      DESCENT_ASSIGN_OR_RETURN(const bool found, select.Bind(store).Step());
      if (found) version = select.Int(0);
    }
    if (version > static_cast<int64_t>(steps.size())) {
      return absl::FailedPreconditionError(
          absl::StrCat("the tables of ", store, " have version ", version, ", this descentd knows up to ", steps.size(),
                       ": start the newer descentd that wrote them, or use another data directory"));
    }
    for (size_t i = static_cast<size_t>(version); i < steps.size(); ++i) {
      DESCENT_RETURN_IF_ERROR(connection.Execute(std::string(steps[i])));
    }
    DESCENT_ASSIGN_OR_RETURN(SqliteStatement update,
                             connection.Prepare("INSERT INTO store_versions (store, version) VALUES (?, ?) "
                                                "ON CONFLICT (store) DO UPDATE SET version = excluded.version"));
    return update.Bind(store).Bind(static_cast<int64_t>(steps.size())).Run();
  });
}

absl::Status SqliteDatabase::Write(Work work) { return Transaction("BEGIN IMMEDIATE", work); }

absl::Status SqliteDatabase::Read(Work work) { return Transaction("BEGIN", work); }

absl::Status SqliteDatabase::Transaction(const std::string& begin, Work work) {
  core::MutexLock lock(&mu_);
  DESCENT_RETURN_IF_ERROR(connection_.Execute(begin));
  absl::Status status = work(connection_);
  if (status.ok()) status = connection_.Execute("COMMIT");
  // Fails when SQLite has rolled back by itself, which is just as good.
  if (!status.ok()) connection_.Execute("ROLLBACK").IgnoreError();
  return status;
}

}  // namespace descent::store
