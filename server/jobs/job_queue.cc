#include "server/jobs/job_queue.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

namespace descent::jobs {

JobQueue::JobQueue(int places, std::function<void(const std::shared_ptr<Job>&)> run)
    : run_(std::move(run)), running_(static_cast<size_t>(places)) {
  for (int place = 0; place < places; ++place) threads_.emplace_back([this, place] { Work(place); });
}

JobQueue::~JobQueue() {
  Stop([](Job*) {});
}

void JobQueue::Add(std::shared_ptr<Job> job) {
  core::MutexLock lock(&mu_);
  waiting_.push_back(std::move(job));
}

bool JobQueue::Remove(const Job& job) {
  core::MutexLock lock(&mu_);
  const auto found =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& other) { return other.get() == &job; });
  if (found == waiting_.end()) return false;
  waiting_.erase(found);
  return true;
}

int64_t JobQueue::JobsAhead(const Job& job) const {
  core::MutexLock lock(&mu_);
  const auto found =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& other) { return other.get() == &job; });
  return found == waiting_.end() ? 0 : found - waiting_.begin();
}

void JobQueue::Stop(const std::function<void(Job*)>& interrupt) {
  {
    core::MutexLock lock(&mu_);
    stopping_ = true;
    for (const std::shared_ptr<Job>& job : running_) {
      if (job != nullptr) interrupt(job.get());
    }
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void JobQueue::Work(int place) {
  while (true) {
    std::shared_ptr<Job> job;
    {
      core::MutexLock lock(&mu_);
      const auto has_work = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return stopping_ || !waiting_.empty(); };
      mu_.Await(has_work);
      if (stopping_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
      running_[static_cast<size_t>(place)] = job;
    }
    run_(job);
    core::MutexLock lock(&mu_);
    running_[static_cast<size_t>(place)] = nullptr;
  }
}

}  // namespace descent::jobs
