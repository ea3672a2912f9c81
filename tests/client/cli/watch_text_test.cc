#include "client/cli/watch_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "client/cli/live_screen.h"
#include "client/cli/text.h"

namespace descent::cli {
namespace {

using ::testing::ElementsAre;

v1::LogRecord Header() {
  v1::LogRecord record;
  v1::Job* job = record.mutable_header()->mutable_job();
  job->set_name("jobs/first");
  job->set_state(v1::JOB_STATE_QUEUED);
  job->set_state_reason(v1::STATE_REASON_WAITS_FOR_CAPACITY);
  job->set_jobs_ahead(2);
  job->mutable_progress()->set_max_steps(2000);
  return record;
}

v1::LogRecord Running() {
  v1::LogRecord record;
  record.mutable_state_change()->set_state(v1::JOB_STATE_RUNNING);
  return record;
}

// `count` rows of a loss that falls by a factor of ten in a hundred steps, at a hundred steps a second.
v1::LogRecord Rows(int64_t first, int64_t count) {
  v1::LogRecord record;
  v1::StepBlock* block = record.mutable_steps();
  block->set_first_step(first);
  block->set_step_stride(1);
  block->set_row_count(count);
  block->set_attempt(1);
  block->set_elapsed_seconds(static_cast<double>(first + count - 1) / 100);
  for (int64_t step = first; step < first + count; ++step) {
    const double loss = std::pow(10, -static_cast<double>(step) / 100);
    block->add_loss(loss);
    block->add_objective(loss + 1);
    block->add_gradient_norm(loss / 2);
    block->add_learning_rate(0.001);
  }
  return record;
}

v1::LogRecord HeldOut() {
  v1::LogRecord record;
  record.mutable_evaluation()->mutable_training()->set_loss(0.1);
  v1::Evaluation* held_out = record.mutable_evaluation()->mutable_held_out();
  held_out->set_loss(0.25);
  v1::Metric* metric = held_out->add_metrics();
  metric->set_name("accuracy");
  metric->set_value(0.98245);
  return record;
}

WatchState StateOf(const std::vector<v1::LogRecord>& records) {
  WatchState state;
  for (const v1::LogRecord& record : records) state.Add(record);
  return state;
}

TEST(WatchTextTest, ProgressOnOneLine) {
  EXPECT_EQ(
      ProgressLine(StateOf({Header(), Running(), Rows(0, 101), Rows(101, 100), HeldOut()})),
      "step 200/2,000 (10%)  loss 0.01  objective 1.01  gradient 0.005  learning rate 0.001  100 steps/s  ETA 18 s  "
      "held out: loss 0.25, accuracy 0.9825");
  EXPECT_EQ(ProgressLine(StateOf({Header()})), "step 0/2,000 (0%)");
}

TEST(WatchTextTest, TheRateIsTheJobsNotTheReplays) {
  // Rows of a hundred seconds come at once; the last five count.
  std::vector<v1::LogRecord> records = {Header(), Running()};
  for (int64_t first = 0; first < 10'000; first += 50) records.push_back(Rows(first, 50));
  EXPECT_NEAR(StateOf(records).steps_per_second(), 100, 1e-6);
  // A new attempt begins a new measurement.
  v1::LogRecord resumed = Rows(10'000, 1);
  resumed.mutable_steps()->set_attempt(2);
  resumed.mutable_steps()->set_elapsed_seconds(200);
  records.push_back(resumed);
  EXPECT_NEAR(StateOf(records).steps_per_second(), 50, 1e-6);
}

TEST(WatchTextTest, LiveViewFitsTheTerminal) {
  const WatchState state = StateOf({Header(), Running(), Rows(0, 201), HeldOut()});
  EXPECT_THAT(LiveLines(state, {40, 9}, /*has_color=*/false),
              ElementsAre("jobs/first  running", "         1 │⠉⠓⠒⠲⠤⠤⣀⣀⡀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀",
                          "           │⠀⠀⠀⠀⠀⠀⠀⠀⠉⠉⠙⠒⠒⠦⠤⢤⣀⣀⡀⠀⠀⠀⠀⠀⠀⠀⠀", "      0.01 │⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠉⠉⠑⠒⠲⠤⠤⣄⣀",
                          "            step 0  loss, log scale 200", "step 200/2,000 (10%)  100 steps/s  ETA…",
                          "loss 0.01  objective 1.01  gradient 0.…", "held out: loss 0.25, accuracy 0.9825"));
  for (const TerminalSize size : {TerminalSize{40, 9}, TerminalSize{80, 24}, TerminalSize{200, 60}}) {
    const std::vector<std::string> lines = LiveLines(state, size, false);
    EXPECT_LT(lines.size(), size.rows);
    for (const std::string& line : lines) EXPECT_LT(DisplayWidth(line), size.columns);
  }
}

TEST(WatchTextTest, LiveViewBeforeTheFirstRow) {
  EXPECT_THAT(LiveLines(StateOf({Header()}), {80, 24}, false),
              ElementsAre("jobs/first  queued (waits for capacity), 2 ahead", "step 0/2,000 (0%)"));
}

TEST(WatchTextTest, ColorOnlyWhenWelcome) {
  const WatchState state = StateOf({Header(), Running(), Rows(0, 50)});
  EXPECT_THAT(absl::StrJoin(LiveLines(state, {80, 24}, true), "\n"), testing::HasSubstr("\x1b[36m"));
  EXPECT_THAT(absl::StrJoin(LiveLines(state, {80, 24}, false), "\n"), testing::Not(testing::HasSubstr("\x1b")));
}

TEST(WatchTextTest, EventsThatDeserveALine) {
  v1::LogRecord record;
  record.mutable_state_change()->set_state(v1::JOB_STATE_FAILED);
  record.mutable_state_change()->set_step(1234);
  record.mutable_state_change()->set_message("the objective 1e13 passed 1e12");
  EXPECT_EQ(EventLine(record), "failed at step 1,234: the objective 1e13 passed 1e12");
  record.mutable_warning()->set_code("LOG_PARAMETERS_THINNED");
  record.mutable_warning()->set_message("parameters before step 10 were thinned");
  EXPECT_EQ(EventLine(record), "warning at step 0: parameters before step 10 were thinned [LOG_PARAMETERS_THINNED]");
  record.mutable_multi_start()->add_objectives(3);
  record.mutable_multi_start()->add_objectives(0.5);
  record.mutable_multi_start()->set_chosen(1);
  EXPECT_EQ(EventLine(record), "best of 2 starts: number 2 with objective 0.5, the worst had 3");
  EXPECT_EQ(EventLine(Rows(0, 1)), "");
  EXPECT_EQ(EventLine(HeldOut()), "");
}

TEST(WatchTextTest, SummaryOfAnEndedJob) {
  v1::LogRecord end;
  end.mutable_state_change()->set_state(v1::JOB_STATE_SUCCEEDED);
  end.mutable_state_change()->set_message("the held-out loss did not improve for 10 evaluations");
  v1::Termination* termination = end.mutable_state_change()->mutable_termination();
  termination->set_reason(v1::TERMINATION_REASON_STOPPED_EARLY);
  termination->set_step(200);
  termination->set_loss(0.01);
  termination->set_objective(1.01);
  termination->set_gradient_norm(0.005);
  termination->set_kept_step(100);
  EXPECT_EQ(Summary(StateOf({Header(), Running(), Rows(0, 201), HeldOut(), end})),
            "job            jobs/first\n"
            "state          succeeded: the held-out loss did not improve for 10 evaluations\n"
            "reason         stopped early\n"
            "steps          200\n"
            "loss           0.01\n"
            "objective      1.01\n"
            "gradient norm  0.005\n"
            "kept           the parameters of step 100\n"
            "held out       loss 0.25, accuracy 0.9825\n"
            "time           2.0 s\n");
}

TEST(WatchTextTest, TheScreenIsRedrawnInPlace) {
  std::ostringstream out;
  LiveScreen screen(&out);
  screen.Draw({"a", "b"});
  screen.Draw({"c"});
  screen.Print("stays");
  screen.Draw({"d"});
  screen.Leave();
  screen.Print("below");
  EXPECT_EQ(out.str(),
            "\ra\x1b[K\nb\x1b[K\n\x1b[J"
            "\x1b[2A\rc\x1b[K\n\x1b[J"
            "\x1b[1A\r\x1b[Jstays\n"
            "\rd\x1b[K\n\x1b[J"
            "below\n");
}

}  // namespace
}  // namespace descent::cli
