#include "core/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <numeric>
#include <vector>

namespace descent::core {
namespace {

TEST(TeamTest, EveryPieceIsTakenOnce) {
  for (int threads = 1; threads <= 7; ++threads) {
    Team team(threads);
    EXPECT_EQ(team.threads(), threads);
    for (const int64_t pieces : {0, 1, 2, 3, 7, 100, 1000}) {
      std::vector<std::atomic<int>> taken(static_cast<size_t>(pieces));
      for (int round = 1; round <= 20; ++round) {
        team.Run(pieces, [&taken](int64_t piece) { taken[piece].fetch_add(1, std::memory_order_relaxed); });
        // Run returns when all are done, so plain reads follow.
        for (const std::atomic<int>& times : taken) ASSERT_EQ(times.load(std::memory_order_relaxed), round);
      }
    }
  }
}

TEST(TeamTest, ResultsWrittenByHelpersAreSeenAfterRun) {
  Team team(4);
  std::vector<int64_t> results(500);
  for (int64_t round = 0; round < 500; ++round) {
    team.Run(500, [&results, round](int64_t piece) { results[piece] = piece * round; });
    ASSERT_EQ(std::accumulate(results.begin(), results.end(), int64_t{0}), 500 * 499 / 2 * round);
  }
}

TEST(TeamTest, UnusedTeamsEnd) {
  for (int i = 0; i < 50; ++i) Team team(3);
}

}  // namespace
}  // namespace descent::core
