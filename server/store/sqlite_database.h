// The one SQLite database of a server: what has a name is found here. Each store that uses it brings its own tables.
#ifndef DESCENT_SERVER_STORE_SQLITE_DATABASE_H_
#define DESCENT_SERVER_STORE_SQLITE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/env.h"
#include "core/base/mutex.h"

struct sqlite3;
struct sqlite3_stmt;

namespace descent::store {

// A prepared statement on loan from a connection. Parameters are bound in the order of their question marks, columns
// are counted from 0. Going out of scope resets it and gives it back.
//
//   DESCENT_ASSIGN_OR_RETURN(SqliteStatement select, connection.Prepare("SELECT uid FROM jobs WHERE owner = ?"));
//   select.Bind(owner);
//   while (true) {
//     DESCENT_ASSIGN_OR_RETURN(const bool row, select.Step());
//     if (!row) break;
//     uids.push_back(select.Bytes(0));
//   }
class SqliteStatement {
 public:
  // `kept`: somebody else finalizes the statement.
  SqliteStatement(sqlite3_stmt* statement, bool kept) : statement_(statement), kept_(kept) {}
  SqliteStatement(SqliteStatement&& other) noexcept;
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;
  ~SqliteStatement();

  // Binds the next parameter; the bytes are copied. A failure shows in Step.
  SqliteStatement& Bind(int64_t value);
  SqliteStatement& Bind(std::optional<int64_t> value);  // nothing: NULL
  SqliteStatement& Bind(absl::string_view text);
  SqliteStatement& Bind(const std::string& text) { return Bind(absl::string_view(text)); }
  SqliteStatement& Bind(const char* text) { return Bind(absl::string_view(text)); }
  SqliteStatement& BindBytes(absl::string_view bytes);

  // True: a row is there. False: done. ALREADY_EXISTS when a unique constraint is violated.
  absl::StatusOr<bool> Step();
  // For statements that give no rows.
  absl::Status Run();
  // Makes it ready to be bound and stepped again.
  void Reset();

  int64_t Int(int column) const;
  bool IsNull(int column) const;
  std::optional<int64_t> OptionalInt(int column) const;
  // Text or bytes.
  std::string Bytes(int column) const;

 private:
  sqlite3_stmt* statement_;
  bool kept_;
  int bound_ = 0;
  int bind_result_ = 0;
};

// What the functions given to Read and Write work with. Thread-safety: none; it is used under the database's lock.
class SqliteConnection {
 public:
  explicit SqliteConnection(sqlite3* handle) : handle_(handle) {}
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  ~SqliteConnection();

  // Statements are kept by their text; one text may be on loan once at a time.
  absl::StatusOr<SqliteStatement> Prepare(absl::string_view sql);
  // For texts that depend on what a client asks: they are not kept, there is no end to them.
  absl::StatusOr<SqliteStatement> PrepareOnce(absl::string_view sql);
  // Runs statements without parameters or rows.
  absl::Status Execute(const std::string& sql);
  // Rows changed by the last INSERT, UPDATE or DELETE.
  int64_t Changes() const;
  // The rowid of the last INSERT.
  int64_t LastInsertRowid() const;

 private:
  absl::StatusOr<sqlite3_stmt*> Compile(absl::string_view sql, unsigned int flags);

  sqlite3* handle_;
  absl::flat_hash_map<std::string, sqlite3_stmt*> statements_;
};

// Every Write is durable when it returns (WAL, synchronous=FULL). Thread-safety: all methods, any thread; one at a time
// works, the others wait.
class SqliteDatabase {
 public:
  // Opens the file, or creates it. `env` is used for the creation only: SQLite has its own way to the disk.
  static absl::StatusOr<std::unique_ptr<SqliteDatabase>> Open(core::Env* env, const std::string& path);

  // Brings the tables of one store up to date. `steps[i]` is the SQL that leads from version i to version i + 1 (the
  // first one: CREATE TABLE IF NOT EXISTS ...); steps are only ever added. FAILED_PRECONDITION when the database is
  // newer than this program.
  absl::Status Migrate(absl::string_view store, absl::Span<const absl::string_view> steps);

  using Work = absl::FunctionRef<absl::Status(SqliteConnection&)>;
  // One transaction: committed when `work` returns OK, rolled back otherwise. RESOURCE_EXHAUSTED when the disk is full,
  // DATA_LOSS when the file is damaged.
  absl::Status Write(Work work);
  // Sees one state of the database throughout.
  absl::Status Read(Work work);

 private:
  explicit SqliteDatabase(sqlite3* handle) : connection_(handle) {}

  absl::Status Transaction(const std::string& begin, Work work);

  core::Mutex mu_;
  SqliteConnection connection_ ABSL_GUARDED_BY(mu_);
};

}  // namespace descent::store

#endif  // DESCENT_SERVER_STORE_SQLITE_DATABASE_H_
