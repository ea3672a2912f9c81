#include "tests/server/store/log_testing.h"

#include <stdlib.h>

#include <filesystem>
#include <utility>

#include "core/base/mutex.h"

namespace descent::store {

std::string Uid(int64_t n) {
  std::string uid(16, '\0');
  for (size_t i = 0; i < uid.size(); ++i) uid[i] = static_cast<char>(n * 37 + static_cast<int64_t>(i) * n + 1);
  return uid;
}

jobs::PendingRecord MakeRecord(int64_t first_sequence, int64_t count, std::string payload) {
  jobs::PendingRecord record;
  record.header.kind = count > 0 ? jobs::RecordKind::kRows : jobs::RecordKind::kParameters;
  record.header.first_sequence = first_sequence;
  record.header.next_sequence = first_sequence + count;
  record.header.first_step = 10 * first_sequence;
  record.header.last_step = 10 * (first_sequence + count);
  record.payload = std::make_shared<const std::string>(std::move(payload));
  return record;
}

void AppendTogether(jobs::LogStore& store, std::vector<Append>& appends) {
  // The commit thread waits in the first `done`, so that everything else is pending when it looks again.
  core::Mutex mu;
  bool is_waiting = false;
  bool all_pending = false;
  size_t left = appends.size();
  store.Append(std::string(16, '\xee'), {}, [&](const auto&) {
    core::MutexLock lock(&mu);
    is_waiting = true;
    mu.Await([&] { return all_pending; });
  });
  {
    core::MutexLock lock(&mu);
    mu.Await([&] { return is_waiting; });
  }
  for (Append& append : appends) {
    store.Append(append.uid, append.records, [&append, &mu, &left](absl::StatusOr<std::vector<jobs::RecordRef>> refs) {
      append.result = std::move(refs);
      core::MutexLock lock(&mu);
      --left;
    });
  }
  core::MutexLock lock(&mu);
  all_pending = true;
  mu.Await([&] { return left == 0; });
}

absl::StatusOr<std::vector<jobs::RecordRef>> AppendAndWait(jobs::LogStore& store, const std::string& uid,
                                                           std::vector<jobs::PendingRecord> records) {
  std::vector<Append> appends(1);
  appends[0].uid = uid;
  appends[0].records = std::move(records);
  AppendTogether(store, appends);
  return std::move(appends[0].result);
}

StorePlace::StorePlace(bool on_disk) : on_disk_(on_disk), env_(on_disk ? core::Env::Posix() : &memory_) {
  if (on_disk) {
    std::string pattern = (std::filesystem::temp_directory_path() / "descent_store_XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  } else {
    directory_ = "/data";
    env_->CreateDirectories(directory_).IgnoreError();
  }
}

StorePlace::~StorePlace() {
  if (on_disk_) std::filesystem::remove_all(directory_);
}

}  // namespace descent::store
