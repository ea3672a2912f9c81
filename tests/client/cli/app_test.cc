// The command line from its words to its exit code, against a server that does what the tests write down.
#include "client/cli/app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/client/fake_server.h"

namespace descent::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class AppTest : public testing::Test {
 protected:
  // Runs words separated by blanks.
  int Run(const std::string& words) {
    out_.str("");
    err_.str("");
    Console console;
    console.out = &out_;
    console.err = &err_;
    return cli::Run(absl::StrSplit(words, ' ', absl::SkipEmpty()), console);
  }
  int RunOnServer(const std::string& words) { return Run(absl::StrCat(words, " --server ", server_.address())); }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  void AnswerCreateJob(v1::JobState state) {
    server_.jobs().create_job = [this](const v1::CreateJobRequest& request, v1::Job* job) {
      created_ = request;
      job->set_name("jobs/first");
      job->set_uid("u1");
      *job->mutable_resolved_spec() = request.spec();
      job->mutable_resolved_spec()->set_seed(7);
      return grpc::Status::OK;
    };
    v1::LogRecord header;
    header.mutable_header()->mutable_job()->set_name("jobs/first");
    header.mutable_header()->mutable_job()->set_uid("u1");
    v1::LogRecord end;
    end.set_next_sequence(1);
    end.mutable_state_change()->set_state(state);
    end.mutable_state_change()->set_message("so it is");
    server_.jobs().Expect({{header, end}, grpc::Status::OK});
  }

  client::FakeServer server_;
  v1::CreateJobRequest created_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(AppTest, HelpTeaches) {
  EXPECT_EQ(Run("--help"), 0);
  EXPECT_THAT(out(), AllOf(HasSubstr("dataset"), HasSubstr("A first run:"), HasSubstr("130 interrupted")));
  EXPECT_EQ(Run("job submit --help"), 0);
  EXPECT_THAT(out(), AllOf(HasSubstr("--dry-run"), HasSubstr("Examples:\n  descent job submit -f")));
  EXPECT_EQ(Run("--version"), 0);
  EXPECT_EQ(Run("version --client"), 0);
  EXPECT_THAT(out(), StartsWith("client  "));
}

TEST_F(AppTest, MistakesOfTheCommandLine) {
  const struct {
    const char* words;
    const char* error;
  } kCases[] = {
      {"datset list", "error: no such command: datset; did you mean \"dataset\"?"},
      {"job lst", "error: no such command: lst; did you mean \"list\"?"},
      {"job frobnicate",
       "error: no such command: frobnicate; one of: submit, list, get, wait, cancel, pause, resume, "
       "delete, parameters, watch"},
      {"job list --limt 3", "error: no such flag: --limt; did you mean --limit?"},
      {"job list --sever=x", "error: no such flag: --sever; did you mean --server?"},
      {"job list extra", "error: one argument too many: extra"},
      {"job get", "error: NAME is required"},
      {"job get a b", "error: one argument too many: b"},
      {"job list -o xml", "error: --output: xml not in {table,json,jsonl,yaml}"},
      {"job list -o yaml", "error: -o yaml shows specs only"},
      {"job list --limit many", "error: Could not convert: --limit = many"},
      {"job list --server nowhere",
       "error: the address must be `unix:/path/to/socket` or `host:port`, was \"nowhere\""},
      {"job submit", "error: there is nothing to submit"},
      {"job submit -f x.yaml -o yaml", "error: -o yaml needs --dry-run"},
      {"job watch a --last 3 --from-step 4", "error: --from-step excludes --last"},
      {"model predict a", "error: give the rows either with -f FILE"},
      {"model predict a --set b", "error: --set must be COLUMN=VALUE, was \"b\""},
      {"model evaluate a --part all", "error: --part: all not in {training,held_out}"},
      {"dataset upload a.csv --type a=text --server unix:x",
       "error: --type must be COLUMN=numeric or "
       "COLUMN=categorical, was \"a=text\""},
      {"dataset upload a.csv --delimiter ;; --server unix:x", "error: --delimiter must be one character or `tab`"},
      {"dataset upload a.csv --target a --ignore a --server unix:x", "error: --target and --ignore both name a"},
      {"catalog optimiser", "error: no such kind: optimiser; did you mean \"optimizer\"?"},
      {"completion fish", "error: SHELL: fish not in {bash}"},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(Run(one.words), 2) << one.words;
    EXPECT_THAT(err(), StartsWith(one.error)) << one.words;
    EXPECT_EQ(out(), "") << one.words;
  }
  // Words that stop half way get help.
  EXPECT_EQ(Run("job"), 2);
  EXPECT_THAT(err(), HasSubstr("Usage: descent job"));
}

TEST_F(AppTest, NoServer) {
  EXPECT_EQ(Run("job list --server unix:/nowhere/s"), 5);
  EXPECT_THAT(err(), AllOf(StartsWith("error: no connection to a server at unix:/nowhere/s"),
                           HasSubstr("start a server: descentd --data-dir DIR")));
}

TEST_F(AppTest, GlobalFlagsStandAnywhere) {
  for (const std::string& words :
       {"--server " + server_.address() + " job get a", "job --server " + server_.address() + " get a",
        "job get a --server=" + server_.address()}) {
    EXPECT_EQ(Run(words), 1);
    EXPECT_THAT(err(), StartsWith("error: no such job"));
  }
}

TEST_F(AppTest, RepeatedFlagsAndNames) {
  std::vector<std::string> asked;
  server_.jobs().get_job = [&](const std::string& name, v1::Job*) {
    asked.push_back(name);
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such job");
  };
  // The last of a flag counts.
  EXPECT_EQ(Run("job get a -o table --server unix:/nowhere/s -o json --server " + server_.address()), 1);
  EXPECT_THAT(asked, testing::ElementsAre("jobs/a"));
  // Lists take all.
  v1::LogRecord header;
  header.mutable_header()->mutable_job()->set_state(v1::JOB_STATE_FAILED);
  server_.jobs().Expect({{header}, grpc::Status::OK});
  ASSERT_EQ(RunOnServer("job watch a -o jsonl --columns loss,objective --columns parameters"), 3) << err();
  EXPECT_THAT(server_.jobs().requests().back().columns(), testing::ElementsAre("loss", "objective", "parameters"));
}

TEST_F(AppTest, AWrongToken) {
  server_.jobs().get_job = [](const std::string&, v1::Job*) {
    return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "this server needs a token");
  };
  EXPECT_EQ(RunOnServer("job get a"), 4);
  EXPECT_THAT(err(), HasSubstr("DESCENT_TOKEN"));
}

TEST_F(AppTest, SubmitsAndWatches) {
  AnswerCreateJob(v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(RunOnServer("job submit --set problem.function.name=bowl --set optimizer.sgd={} --name first"), 0);
  EXPECT_EQ(created_.job_id(), "first");
  EXPECT_EQ(created_.spec().problem().function().name(), "bowl");
  EXPECT_EQ(err(),
            "jobs/first accepted; Ctrl-C leaves it running\n"
            "succeeded at step 0: so it is\n");
  EXPECT_EQ(out(),
            "job    jobs/first\n"
            "state  succeeded: so it is\n"
            "steps  0\n");
}

TEST_F(AppTest, TheExitCodeIsTheJobs) {
  for (const v1::JobState state : {v1::JOB_STATE_FAILED, v1::JOB_STATE_CANCELLED}) {
    AnswerCreateJob(state);
    EXPECT_EQ(RunOnServer("job submit --set seed=1"), 3);
  }
}

TEST_F(AppTest, WatchesAsJson) {
  AnswerCreateJob(v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(RunOnServer("job watch first -o jsonl"), 0);
  EXPECT_EQ(
      out(),
      "{\"header\":{\"job\":{\"name\":\"jobs/first\",\"uid\":\"u1\"}}}\n"
      "{\"next_sequence\":\"1\",\"state_change\":{\"state\":\"JOB_STATE_SUCCEEDED\",\"message\":\"so it is\"}}\n");
  AnswerCreateJob(v1::JOB_STATE_SUCCEEDED);
  ASSERT_EQ(RunOnServer("job watch first -o json --last 5"), 0) << err();
  EXPECT_THAT(out(), AllOf(StartsWith("[\n{\"header\""), testing::EndsWith("}\n]\n")));
  EXPECT_EQ(server_.jobs().requests().back().last_rows(), 5);
}

TEST_F(AppTest, DryRunPrintsTheResolvedSpec) {
  AnswerCreateJob(v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(RunOnServer("job submit --set problem.function.name=bowl --dry-run"), 0);
  EXPECT_TRUE(created_.validate_only());
  EXPECT_EQ(out(), "problem:\n  function:\n    name: bowl\nseed: 7\n");
}

TEST_F(AppTest, DetachPrintsTheName) {
  AnswerCreateJob(v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(RunOnServer("job submit --set seed=1 --detach"), 0);
  EXPECT_EQ(out(), "jobs/first\n");
  EXPECT_EQ(err(), "accepted; watch it with: descent job watch first\n");
}

TEST_F(AppTest, AMistakeInASpecIsShownWithItsLine) {
  const std::string path = absl::StrCat(testing::TempDir(), "app_test_spec.yaml");
  std::ofstream(path) << "optimizer:\n  adm: {}\n";
  EXPECT_EQ(RunOnServer("job submit -f " + path), 1);
  EXPECT_EQ(err(), "error: " + path + ":2:3: optimizer.adm: optimizer has no such field; did you mean \"adam\"?\n");
}

TEST_F(AppTest, WaitTimesOut) {
  server_.jobs().get_job = [](const std::string&, v1::Job* job) {
    job->set_name("jobs/a");
    job->set_state(v1::JOB_STATE_RUNNING);
    return grpc::Status::OK;
  };
  v1::LogRecord header;
  header.mutable_header()->mutable_job()->set_state(v1::JOB_STATE_RUNNING);
  server_.jobs().Expect({{header}, grpc::Status::OK, /*hangs=*/true});
  EXPECT_EQ(RunOnServer("job wait a --timeout 0.05"), 124);
  EXPECT_EQ(err(), "jobs/a has not ended in time; it runs on\n");
}

TEST_F(AppTest, CompletesWords) {
  EXPECT_EQ(Run("__complete job s"), 0);
  EXPECT_EQ(out(), "submit\n");
  EXPECT_EQ(Run("__complete job submit --de"), 0);
  EXPECT_EQ(out(), "--detach\n");
  EXPECT_EQ(Run("__complete job submit --serv"), 0);
  EXPECT_EQ(out(), "--server\n");
  EXPECT_EQ(Run("__complete"), 0);
  EXPECT_THAT(out(), HasSubstr("dataset\njob\nmodel\n"));
  EXPECT_EQ(Run("completion bash"), 0);
  EXPECT_THAT(out(), HasSubstr("complete -o default -F _descent descent"));
}

}  // namespace
}  // namespace descent::cli
