#include "tests/server/rpc/refusal_servers.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "descent/v1/job_service.grpc.pb.h"

namespace descent::rpc {
namespace {

constexpr char kFlowers[] = R"pb(
  dataset_id: "flowers"
  rows {
    row_count: 8
    columns {
      name: "length"
      numbers: [ 1, 2, 3, 4, 5, 6, 7, 8 ]
    }
    columns {
      name: "color"
      texts: [ "red", "blue", "red", "blue", "red", "blue", "red", "blue" ]
    }
    columns {
      name: "kind"
      texts: [ "setosa", "setosa", "virginica", "setosa", "virginica", "setosa", "virginica", "virginica" ]
    }
  }
)pb";

constexpr char kSpecies[] = R"pb(
  dataset_id: "species"
  rows {
    row_count: 3
    columns {
      name: "length"
      numbers: [ 1, 2, 3 ]
    }
    columns {
      name: "kind"
      texts: [ "setosa", "versicolor", "virginica" ]
    }
  }
)pb";

constexpr char kPrices[] = R"pb(
  dataset_id: "prices"
  rows {
    row_count: 4
    columns {
      name: "size"
      numbers: [ 1, 2, 3, 4 ]
    }
    columns {
      name: "price"
      numbers: [ 2.5, 4, 6.5, 8 ]
    }
  }
)pb";

constexpr char kSingle[] = R"pb(
  dataset_id: "single"
  rows {
    row_count: 1
    columns { name: "size" numbers: 1 }
    columns { name: "price" numbers: 2.5 }
  }
)pb";

constexpr char kPlain[] = R"pb(
  dataset_id: "plain"
  rows {
    row_count: 2
    columns {
      name: "size"
      numbers: [ 1, 2 ]
    }
  }
)pb";

constexpr char kVast[] = R"pb(
  dataset_id: "vast"
  rows {
    row_count: 2
    columns {
      name: "size"
      numbers: [ -1.7e308, 1.7e308 ]
    }
    columns {
      name: "price"
      numbers: [ 1, -2 ]
    }
  }
)pb";

constexpr char kWeighted[] = R"pb(
  dataset_id: "weighted"
  rows {
    row_count: 3
    columns {
      name: "size"
      numbers: [ 1, 2, 3 ]
    }
    columns {
      name: "price"
      numbers: [ 1, 4, 9 ]
    }
    columns {
      name: "count"
      numbers: [ 1, 2, -3 ]
    }
  }
  schema {
    columns { name: "price" role: COLUMN_ROLE_TARGET }
    columns { name: "count" role: COLUMN_ROLE_WEIGHT }
  }
)pb";

constexpr char kUncounted[] = R"pb(
  dataset_id: "uncounted"
  rows {
    row_count: 2
    columns {
      name: "size"
      numbers: [ 1, 2 ]
    }
    columns {
      name: "count"
      numbers: [ 0, 0 ]
    }
    columns {
      name: "price"
      numbers: [ 1, 4 ]
    }
  }
  schema { columns { name: "count" role: COLUMN_ROLE_WEIGHT } }
)pb";

constexpr char kSides[] = R"pb(
  dataset_id: "sides"
  rows {
    row_count: 2
    columns {
      name: "size"
      numbers: [ 1, 2 ]
    }
    columns {
      name: "width"
      numbers: [ 0, 1 ]
    }
    columns {
      name: "height"
      numbers: [ 1, 4 ]
    }
  }
  schema {
    columns { name: "width" role: COLUMN_ROLE_TARGET }
    columns { name: "height" role: COLUMN_ROLE_TARGET }
  }
)pb";

constexpr char kWords[] = R"pb(
  dataset_id: "words"
  rows {
    row_count: 3
    columns {
      name: "counts"
      sparse {
        nonzero_counts: [ 2, 0, 1 ]
        indices: [ 0, 3, 2 ]
        values: [ 1, 2, 5 ]
      }
    }
    columns {
      name: "stars"
      numbers: [ 1, 4, 9 ]
    }
  }
)pb";

constexpr char kTrained[] = R"pb(
  job_id: "trained"
  spec {
    problem {
      dataset {
        dataset: "datasets/flowers"
        model { logistic {} }
        preprocessing { scaling: SCALING_STANDARDIZE }
      }
    }
    optimizer { adam {} }
    stopping { max_steps: 20 }
  }
)pb";

constexpr char kNetwork[] = R"pb(
  job_id: "network"
  spec {
    problem {
      dataset {
        dataset: "datasets/prices"
        model { mlp { hidden_sizes: 3 } }
        loss { squared {} }
      }
    }
    optimizer { adam {} }
    stopping { max_steps: 5 }
  }
)pb";

constexpr char kBowl[] = R"pb(
  job_id: "bowl"
  spec {
    problem { function { name: "bowl" } }
    optimizer { sgd {} }
    stopping { max_steps: 10 }
    record { parameters_every_steps: 4 }
  }
)pb";

void WaitUntilRunning(const Channel& channel, const std::string& name) {
  grpc::ClientContext context;
  v1::WatchJobRequest request;
  request.set_name(name);
  const auto stub = v1::JobService::NewStub(channel);
  const auto reader = stub->WatchJob(&context, request);
  v1::LogRecord record;
  while (reader->Read(&record) && record.state_change().state() != v1::JOB_STATE_RUNNING) {
  }
  EXPECT_EQ(record.state_change().state(), v1::JOB_STATE_RUNNING);
  context.TryCancel();
  while (reader->Read(&record)) {
  }
  reader->Finish();
}

}  // namespace

TempDirectory::TempDirectory() : path_(testing::TempDir() + "descent-refusals-XXXXXX") {
  EXPECT_NE(mkdtemp(path_.data()), nullptr);
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<server::Server> StartServer(server::ServerOptions options) {
  absl::StatusOr<std::unique_ptr<server::Server>> server = server::Server::Start(std::move(options));
  EXPECT_TRUE(server.ok()) << server.status();
  return server.ok() ? *std::move(server) : nullptr;
}

std::string EndlessJob(const std::string& id) {
  return absl::StrCat("job_id: \"", id, "\"", R"pb(
    spec {
      problem { function { name: "rosenbrock" } }
      optimizer { sgd { learning_rate: 1e-9 } }
      stopping { max_steps: 9007199254740992 }
      evaluation { every { steps: 1000000000 } }
      record { every_steps: 1000000 parameters_every_steps: 0 log_byte_budget: 1048576 }
    }
  )pb");
}

void Furnish(const Channel& channel) {
  for (const char* dataset :
       {kFlowers, kSpecies, kPrices, kSingle, kPlain, kVast, kWeighted, kUncounted, kSides, kWords}) {
    Expect(channel, "CreateDataset", dataset);
  }
  const std::string gaps = Upload(channel, "size,price\n1,2\n,3\n3,4\n4,NA\n");
  Expect(channel, "CreateDataset", absl::StrCat("dataset_id: \"gaps\" upload: \"", gaps, "\""));
  for (const char* job : {kTrained, kNetwork, kBowl}) Expect(channel, "CreateJob", job);
  for (const char* name : {"jobs/trained", "jobs/network", "jobs/bowl"}) {
    Expect(channel, "WatchJob", absl::StrCat("name: \"", name, "\""));
  }
  Expect(channel, "CreateJob", EndlessJob("running"));
  WaitUntilRunning(channel, "jobs/running");
  Expect(channel, "CreateJob", EndlessJob("waiting"));
  Expect(channel, "CreateJob", EndlessJob("paused"));
  Expect(channel, "PauseJob", R"(name: "jobs/paused")");
}

std::unique_ptr<RefusalServers::Running> RefusalServers::Start(server::ServerOptions options) {
  auto running = std::make_unique<Running>();
  options.data_directory = running->directory.path() + "/data";
  options.max_running_jobs = 1;
  options.max_threads = 2;
  options.max_upload_bytes = kMaxUploadBytes;
  options.max_parameters = 1000;
  if (!options.token_file.empty()) {
    options.token_file = running->directory.path() + "/tokens";
    std::ofstream(options.token_file) << kToken << "\n";
  }
  running->server = StartServer(std::move(options));
  running->channel = running->server->InProcessChannel();
  return running;
}

Channel RefusalServers::full() {
  if (full_ == nullptr) {
    full_ = Start({});
    Furnish(full_->channel);
  }
  return full_->channel;
}

Channel RefusalServers::guarded() {
  server::ServerOptions options;
  options.token_file = "tokens";
  if (guarded_ == nullptr) guarded_ = Start(std::move(options));
  return guarded_->channel;
}

Channel RefusalServers::crowded() {
  if (crowded_ == nullptr) {
    server::ServerOptions options;
    options.disk_budget_bytes = 4;
    crowded_ = Start(std::move(options));
    Upload(crowded_->channel, "size,price\n1,2\n3,4\n");
  }
  return crowded_->channel;
}

std::vector<std::string> ForbiddenWords() {
  return {testing::TempDir(), "/tmp", "/work", "descent-refusals", "descent.db", ".facts", ".table", "/home"};
}

}  // namespace descent::rpc
