#include "core/base/mutex.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace descent::core {
namespace {

// Runs `work(i)` on `count` threads and joins them.
template <typename Work>
void OnThreads(int count, Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([work, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

TEST(MutexTest, OneThreadAtATime) {
  Mutex mu;
  int64_t counter = 0;
  OnThreads(8, [&](int) {
    for (int i = 0; i < 10'000; ++i) {
      MutexLock lock(&mu);
      ++counter;
    }
  });
  EXPECT_EQ(counter, 80'000);
}

TEST(MutexTest, AwaitReturnsAtOnceWhenTheConditionHolds) {
  Mutex mu;
  MutexLock lock(&mu);
  mu.Await([] { return true; });
  EXPECT_TRUE(mu.AwaitWithTimeout([] { return true; }, absl::ZeroDuration()));
}

// Whoever waits is woken by an unlock of any thread, a Remover by a Remover too: nothing is said of who made room.
TEST(MutexTest, QueueWithRoomForTwoLosesNothing) {
  constexpr int kThreads = 6;
  constexpr int kItems = 3'000;  // a thread
  Mutex mu;
  std::deque<int> queue;
  int64_t sum = 0;
  OnThreads(2 * kThreads, [&](int thread) {
    for (int i = 1; i <= kItems; ++i) {
      MutexLock lock(&mu);
      if (thread % 2 == 0) {
        mu.Await([&] { return queue.size() < 2; });
        ASSERT_LT(queue.size(), 2);
        queue.push_back(i);
      } else {
        mu.Await([&] { return !queue.empty(); });
        ASSERT_FALSE(queue.empty());
        sum += queue.front();
        queue.pop_front();
      }
    }
  });
  EXPECT_EQ(sum, int64_t{kThreads} * kItems * (kItems + 1) / 2);
}

// Each thread waits for its turn and leaves inside Await for the next one's: only Await itself unlocks.
TEST(MutexTest, WaitingLetsOthersSeeWhatChangedBefore) {
  constexpr int kThreads = 5;
  constexpr int kRounds = 500;
  Mutex mu;
  int turn = 0;
  OnThreads(kThreads, [&](int thread) {
    MutexLock lock(&mu);
    for (int round = 0; round < kRounds; ++round) {
      mu.Await([&] { return turn % kThreads == thread; });
      ++turn;
    }
  });
  EXPECT_EQ(turn, kThreads * kRounds);
}

TEST(MutexTest, OneUnlockWakesEveryoneWhoseConditionHolds) {
  constexpr int kThreads = 8;
  Mutex mu;
  int waiting = 0;
  int through = 0;
  bool open = false;
  OnThreads(kThreads + 1, [&](int thread) {
    MutexLock lock(&mu);
    if (thread == kThreads) {
      mu.Await([&] { return waiting == kThreads; });
      open = true;
      return;
    }
    ++waiting;
    mu.Await([&] { return open; });
    ++through;
  });
  EXPECT_EQ(through, kThreads);
}

TEST(MutexTest, AwaitWithTimeoutSaysWhetherTheConditionHolds) {
  Mutex mu;
  bool ready = false;
  {
    MutexLock lock(&mu);
    EXPECT_FALSE(mu.AwaitWithTimeout([&] { return ready; }, absl::Milliseconds(1)));
    EXPECT_FALSE(mu.AwaitWithTimeout([&] { return ready; }, -absl::InfiniteDuration()));
  }
  OnThreads(2, [&](int thread) {
    MutexLock lock(&mu);
    if (thread == 0) {
      ready = true;
    } else {
      EXPECT_TRUE(mu.AwaitWithTimeout([&] { return ready; }, absl::InfiniteDuration()));
    }
  });
}

// Waiters that give up leave the others alone.
TEST(MutexTest, TimeoutsAndWakeUpsMix) {
  Mutex mu;
  int served = 0;
  int tokens = 0;
  OnThreads(8, [&](int thread) {
    for (int i = 0; i < 300; ++i) {
      MutexLock lock(&mu);
      if (thread < 4) {
        ++tokens;
      } else {
        while (!mu.AwaitWithTimeout([&] { return tokens > 0; }, absl::Microseconds(20 * (thread - 3)))) {
        }
        --tokens;
        ++served;
      }
    }
  });
  EXPECT_EQ(served, 1'200);
  EXPECT_EQ(tokens, 0);
}

// As promised: whoever saw the last change may destroy the mutex while its author is still inside Unlock.
TEST(MutexTest, MayBeDestroyedByWhomItWoke) {
  struct Shared {
    Mutex mu;
    bool done = false;
  };
  for (int i = 0; i < 500; ++i) {
    auto shared = std::make_unique<Shared>();
    std::thread author([raw = shared.get()] {
      MutexLock lock(&raw->mu);
      raw->done = true;
    });
    {
      MutexLock lock(&shared->mu);
      shared->mu.Await([&] { return shared->done; });
    }
    shared.reset();
    author.join();
  }
}

TEST(SharedMutexTest, ReadersTogetherWritersAlone) {
  SharedMutex mu;
  int64_t a = 0;
  int64_t b = 0;
  OnThreads(8, [&](int thread) {
    for (int i = 0; i < 2'000; ++i) {
      if (thread < 2) {
        WriterMutexLock lock(&mu);
        ++a;
        ++b;
      } else {
        ReaderMutexLock lock(&mu);
        ASSERT_EQ(a, b);
      }
    }
  });
  EXPECT_EQ(a, 4'000);
  // Two readers meet inside: neither leaves before both are there.
  Mutex inside_mu;
  int inside = 0;
  OnThreads(2, [&](int) {
    ReaderMutexLock lock(&mu);
    MutexLock counting(&inside_mu);
    ++inside;
    inside_mu.Await([&] { return inside == 2; });
  });
}

}  // namespace
}  // namespace descent::core
