// How fast step logs become durable: the store's commits beside a bare loop of write and fdatasync, in the same run on
// the same disk. Prints JSON lines.
//
//   log_store_bench [directory] [seconds a case]
//
// A row is 40 bytes (as five float64 columns take it); `window` appends of a job are on their way at a time, as a
// runner has them. "raw" writes the bytes of one append and syncs, over and over: what a log a job without group commit
// would do.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "core/base/env.h"
#include "core/base/mutex.h"
#include "server/store/segment_log_store.h"

namespace descent::store {
namespace {

constexpr int64_t kRowBytes = 40;

struct Case {
  int64_t jobs;
  int64_t rows;  // an append
  int64_t window;
};

std::string UidOf(int64_t job) {
  std::string uid(16, '\0');
  for (size_t i = 0; i < sizeof job; ++i) uid[i] = static_cast<char>(job >> (8 * i));
  return uid;
}

// One job that keeps `window` appends in flight until told to stop.
class Job {
 public:
  Job(SegmentLogStore* store, int64_t number, const Case& test, std::atomic<bool>* stop)
      : store_(store), uid_(UidOf(number)), test_(test), stop_(stop) {
    payload_ = std::make_shared<const std::string>(static_cast<size_t>(test.rows * kRowBytes), 'x');
  }
  void Start() {
    for (int64_t i = 0; i < test_.window; ++i) AppendOne();
  }
  // Waits for what is in flight.
  void Finish() {
    core::MutexLock lock(&mu_);
    const auto idle = [this] { return in_flight_ == 0; };
    mu_.Await(idle);
  }
  int64_t appends() const { return appends_; }

 private:
  void AppendOne() {
    jobs::PendingRecord record;
    {
      core::MutexLock lock(&mu_);
      ++in_flight_;
      record.header = {jobs::RecordKind::kRows, next_, next_ + test_.rows, next_, next_ + test_.rows - 1};
      next_ += test_.rows;
    }
    record.payload = payload_;
    store_->Append(uid_, {std::move(record)}, [this](const absl::StatusOr<std::vector<jobs::RecordRef>>& refs) {
      if (!refs.ok()) std::fprintf(stderr, "%s\n", refs.status().ToString().c_str());
      ++appends_;
      if (!*stop_) AppendOne();
      core::MutexLock lock(&mu_);
      --in_flight_;
    });
  }

  SegmentLogStore* const store_;
  const std::string uid_;
  const Case test_;
  std::atomic<bool>* const stop_;
  std::shared_ptr<const std::string> payload_;
  std::atomic<int64_t> appends_ = 0;
  core::Mutex mu_;
  int64_t next_ = 0;
  int64_t in_flight_ = 0;
};

void Report(const char* name, const Case& test, int64_t appends, double seconds) {
  std::printf(
      "{\"bench\":\"%s\",\"jobs\":%lld,\"rows_an_append\":%lld,\"window\":%lld,\"appends_per_second\":%.0f,"
      "\"rows_per_second\":%.0f,\"megabytes_per_second\":%.1f}\n",
      name, static_cast<long long>(test.jobs), static_cast<long long>(test.rows), static_cast<long long>(test.window),
      appends / seconds, appends * test.rows / seconds, appends * test.rows * kRowBytes / seconds / 1e6);
  std::fflush(stdout);
}

void RunStore(const std::string& directory, const Case& test, double seconds) {
  auto store = SegmentLogStore::Create(core::Env::Posix(), directory);
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
    std::exit(1);
  }
  std::atomic<bool> stop = false;
  std::vector<std::unique_ptr<Job>> jobs;
  for (int64_t job = 0; job < test.jobs; ++job) jobs.push_back(std::make_unique<Job>(store->get(), job, test, &stop));
  const absl::Time start = absl::Now();
  for (const auto& job : jobs) job->Start();
  absl::SleepFor(absl::Seconds(seconds));
  stop = true;
  int64_t appends = 0;
  for (const auto& job : jobs) {
    job->Finish();
    appends += job->appends();
  }
  Report("store", test, appends, absl::ToDoubleSeconds(absl::Now() - start));
}

void RunRaw(const std::string& directory, const Case& test, double seconds) {
  const auto file = core::Env::Posix()->OpenForAppend(directory + "/raw");
  const std::string bytes(static_cast<size_t>(test.rows * kRowBytes), 'x');
  const absl::Time start = absl::Now();
  int64_t appends = 0;
  while (absl::Now() - start < absl::Seconds(seconds)) {
    if (!(*file)->Append(bytes).ok() || !(*file)->Sync().ok()) std::exit(1);
    ++appends;
  }
  Report("raw", test, appends, absl::ToDoubleSeconds(absl::Now() - start));
}

}  // namespace
}  // namespace descent::store

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : "/tmp/descent_log_store_bench";
  const double seconds = argc > 2 ? std::atof(argv[2]) : 2;
  for (const descent::store::Case& test :
       {descent::store::Case{1, 1000, 1}, {1, 1000, 16}, {1, 10'000, 4}, {64, 10, 1}, {64, 1000, 1}, {64, 1000, 4}}) {
    for (const bool raw : {true, false}) {
      std::filesystem::remove_all(directory);
      std::filesystem::create_directories(directory);
      if (raw) {
        descent::store::RunRaw(directory, test, seconds);
      } else {
        descent::store::RunStore(directory, test, seconds);
      }
    }
  }
  std::filesystem::remove_all(directory);
}
