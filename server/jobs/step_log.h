// A job's step log: an append-only, durable sequence of rows and events with one writer and any number of readers.
//
// Readers pull by sequence number at their own pace and see only what is durable, so a slow one lags its own cursor and
// never slows the writer. The writer waits for its disk: at most kMaxInFlightBytes are on their way.
#ifndef DESCENT_SERVER_JOBS_STEP_LOG_H_
#define DESCENT_SERVER_JOBS_STEP_LOG_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/mutex.h"
#include "core/training/step_block.h"
#include "core/training/trainer.h"
#include "server/jobs/log_store.h"
#include "server/jobs/records.h"

namespace descent::jobs {

// Warning codes that retention writes.
inline constexpr char kParametersThinned[] = "LOG_PARAMETERS_THINNED";
inline constexpr char kOldestDropped[] = "LOG_OLDEST_DROPPED";

// Thread-safety: readers' methods on any thread; writer's methods on one thread at a time.
class StepLog : public std::enable_shared_from_this<StepLog> {
 public:
  // What is durable now.
  struct Extent {
    int64_t oldest_sequence = 0;
    int64_t end_sequence = 0;
    int64_t last_step = -1;  // of the newest row; -1: no row yet
    int64_t thinned_before_step = 0;
    int64_t stored_bytes = 0;
  };

  // A record and its payload.
  struct Piece {
    RecordHeader header;
    std::shared_ptr<const std::string> payload;
  };

  // `store` must outlive the log.
  static absl::StatusOr<std::shared_ptr<StepLog>> Open(LogStore* store, std::string uid);

  // --- Writer ---

  // Queues a block; waits while too much is in flight. After an error of the store every call returns it.
  absl::Status AppendRows(const core::StepBlock& block, int32_t attempt, double elapsed_seconds);
  // Queues an event of one sequence number.
  absl::Status AppendEvent(RecordKind kind, int64_t step, std::string payload);
  // Waits until all that was appended is durable.
  absl::Status Flush();
  // After an error of the store: takes up the log as it is on disk, so that appending goes on. Nothing otherwise.
  absl::Status Reopen();
  // Thins and then drops the oldest segments until the log takes at most so many bytes. What it did, as warnings to
  // append; whole segments only, and never the one being written.
  absl::StatusOr<std::vector<Warning>> KeepWithin(int64_t budget_bytes);

  // --- Readers ---

  Extent extent() const;
  int64_t end_sequence() const;
  // The record that covers `sequence`; nothing at the durable end. SEQUENCE_OUT_OF_RANGE when it was dropped or lies
  // beyond the end, RESOURCE_NOT_FOUND after Close.
  absl::StatusOr<std::optional<Piece>> Read(int64_t sequence) const;
  // Sequence of the row of `step`, or of the first recorded after it; the end if there is none.
  int64_t SequenceOfStep(int64_t step) const;
  // Sequence of the n-th newest row, or of the oldest; the end for n = 0.
  int64_t SequenceOfLastRows(int64_t n) const;
  // The newest durable record of a kind, if any.
  absl::StatusOr<std::optional<Piece>> Newest(RecordKind kind) const;
  // The durable event of that kind and step, if any.
  absl::StatusOr<std::optional<Piece>> Event(RecordKind kind, int64_t step) const;

  // Parameters recorded at exactly `step`; otherwise nothing. Reads the disk.
  absl::StatusOr<std::optional<core::ParameterVector>> ParametersAt(int64_t step) const;

  // Calls `callback` once when the durable end exceeds `end_sequence`, or at WakeAll. At once, on this thread, when it
  // does already. On the store's commit thread otherwise: be quick. Returns a ticket for CancelWait, 0 if it was
  // called.
  int64_t WhenLonger(int64_t end_sequence, std::function<void()> callback);
  // After it returns the callback is not called any more; false when it was called or is being called.
  bool CancelWait(int64_t ticket);
  // Calls all waiting callbacks: the server is going away.
  void WakeAll();
  // The job is being deleted: from now on readers get RESOURCE_NOT_FOUND, and waiting ones are woken to get it.
  void Close();

 private:
  StepLog(LogStore* store, std::string uid) : store_(store), uid_(std::move(uid)) {}

  absl::Status Load();
  absl::Status Submit(RecordKind kind, int64_t sequences, int64_t first_step, int64_t last_step, std::string payload);
  absl::Status AppendLargeParameters(const core::StepBlock& block);
  void OnDurable(int64_t bytes, absl::StatusOr<std::vector<RecordRef>> refs);
  void Replace(const std::vector<RecordRef>& refs) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Index of the first record whose range ends after `sequence`.
  size_t IndexOf(int64_t sequence) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  // Index of the first rows record whose last step is at least `step`.
  size_t IndexOfStep(int64_t step) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  // The vector of a block that begins with `sequence`; nothing when retention took parts of it.
  absl::StatusOr<std::optional<core::ParameterVector>> ReadLargeParameters(const RowsView& rows,
                                                                           int64_t sequence) const;
  // Takes the callbacks that the present end makes due.
  std::vector<std::function<void()>> TakeDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Constant after construction.
  LogStore* const store_;
  const std::string uid_;

  // The writer's.
  int64_t next_sequence_ = 0;

  mutable core::Mutex mu_;
  std::deque<RecordRef> records_ ABSL_GUARDED_BY(mu_);  // durable, ascending
  int64_t end_sequence_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t last_step_ ABSL_GUARDED_BY(mu_) = -1;
  int64_t thinned_before_step_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t in_flight_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t in_flight_records_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Status store_status_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  struct Waiter {
    int64_t end_sequence;
    std::function<void()> callback;
  };
  std::map<int64_t, Waiter> waiters_ ABSL_GUARDED_BY(mu_);
  int64_t next_ticket_ ABSL_GUARDED_BY(mu_) = 1;
};

}  // namespace descent::jobs

#endif  // DESCENT_SERVER_JOBS_STEP_LOG_H_
