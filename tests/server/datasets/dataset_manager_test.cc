// The manager over the real store: SQLite in a folder of its own, everything else in memory.
#include "server/datasets/dataset_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "server/store/sqlite_database.h"
#include "server/store/sqlite_dataset_store.h"
#include "tests/faults/memory_env.h"

namespace descent::datasets {
namespace {

using core::ErrorReason;
using ::testing::ElementsAre;

constexpr char kOwner[] = "ann";
constexpr char kCsv[] = "x,y\n1,a\n2,b\n3,a\n";

ErrorReason ReasonOf(const absl::Status& status) {
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(core::GetErrorInfo(status).has_reason) << status;
  return core::GetErrorInfo(status).reason;
}

class DatasetManagerTest : public ::testing::Test {
 protected:
  DatasetManagerTest() : env_(1) {
    char pattern[] = "/tmp/descent_datasets_XXXXXX";
    directory_ = ::mkdtemp(pattern);
    Reopen();
  }
  ~DatasetManagerTest() override {
    Close();
    std::filesystem::remove_all(directory_);
  }

  void Close() {
    manager_.reset();
    store_.reset();
    database_.reset();
  }

  void Reopen() {
    Close();
    database_ = *store::SqliteDatabase::Open(core::Env::Posix(), directory_ + "/descent.db");
    store_ = *store::SqliteDatasetStore::Create(database_.get());
    DatasetManagerOptions options;
    options.directory = "/data";
    options.check_room = [this] { return room_; };
    options.if_unused = [this](const std::string&, const std::string& version,
                               const std::function<absl::Status()>& remove) {
      if (version != used_version_) return remove();
      return core::MakeError(ErrorReason::kResourceInUse, "a job uses it", {{"jobs", "j"}});
    };
    absl::StatusOr<std::unique_ptr<DatasetManager>> manager = DatasetManager::Create(&env_, store_.get(), options);
    ASSERT_TRUE(manager.ok()) << manager.status();
    manager_ = *std::move(manager);
  }

  std::string Upload(absl::string_view text, const std::string& file_name = "My Data.csv") {
    const absl::StatusOr<UploadInfo> info = manager_->StartUpload(kOwner, file_name, std::nullopt);
    EXPECT_TRUE(info.ok()) << info.status();
    const std::unique_ptr<Uploads::Writer> writer = *manager_->uploads().OpenWriter(kOwner, info->id);
    EXPECT_TRUE(writer->Write(0, text, std::nullopt).ok());
    EXPECT_TRUE(writer->Finish().ok());
    return info->id;
  }

  static CreateDatasetRequest FromUpload(const std::string& upload) {
    CreateDatasetRequest request;
    request.owner = kOwner;
    request.upload = upload;
    return request;
  }

  static CreateDatasetRequest FromRows(std::vector<double> numbers) {
    CreateDatasetRequest request;
    request.owner = kOwner;
    request.rows.emplace();
    request.rows->row_count = static_cast<int64_t>(numbers.size());
    request.rows->columns.push_back({"x", std::move(numbers), {}});
    return request;
  }

  std::string Name(CreateDatasetRequest request) {
    const absl::StatusOr<DatasetView> view = manager_->CreateDataset(std::move(request));
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? view->record.name : "";
  }

  int64_t TableFiles() const {
    const std::vector<std::string> files = env_.Files();
    return std::count_if(files.begin(), files.end(),
                         [](const std::string& file) { return absl::EndsWith(file, ".table"); });
  }

  faults::MemoryEnv env_;
  std::string directory_;
  absl::Status room_;
  std::string used_version_;
  std::unique_ptr<store::SqliteDatabase> database_;
  std::unique_ptr<store::SqliteDatasetStore> store_;
  std::unique_ptr<DatasetManager> manager_;
};

TEST_F(DatasetManagerTest, MakesADatasetOfAnUpload) {
  const std::string upload = Upload(kCsv);
  const absl::StatusOr<Inspection> inspection = manager_->Inspect(kOwner, upload, {}, {}, 2);
  ASSERT_TRUE(inspection.ok()) << inspection.status();
  EXPECT_EQ(inspection->sha256, core::Sha256Hex(kCsv));
  EXPECT_EQ(inspection->statistics.size(), 2u);
  EXPECT_EQ(inspection->result.preview[1], (std::vector<std::string>{"a", "b"}));

  // What was seen can be confirmed as it is.
  CreateDatasetRequest request = FromUpload(upload);
  request.format = inspection->result.format;
  request.schema = inspection->result.table.schema;
  request.sha256 = inspection->sha256;
  const absl::StatusOr<DatasetView> made = manager_->CreateDataset(request);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->record.name, "my-data");
  EXPECT_EQ(made->record.version, core::ContentHash(inspection->result.table));
  EXPECT_EQ(made->record.row_count, 3);
  EXPECT_EQ(made->record.source_bytes, static_cast<int64_t>(sizeof kCsv) - 1);
  EXPECT_EQ(made->record.source_sha256, inspection->sha256);
  EXPECT_GT(made->record.stored_bytes, 0);
  EXPECT_EQ(manager_->TotalBytes(), made->record.stored_bytes);  // the upload is gone
  EXPECT_EQ(ReasonOf(manager_->uploads().Get(kOwner, upload).status()), ErrorReason::kResourceNotFound);

  Reopen();
  EXPECT_EQ(manager_->TotalBytes(), made->record.stored_bytes);
  const absl::StatusOr<DatasetView> got = manager_->Get(kOwner, "my-data");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->facts.schema, made->facts.schema);
  EXPECT_EQ(std::get<core::CsvFormat>(*got->facts.format).delimiter, ',');
  const auto table = manager_->Load(got->record.version);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->row_count, 3);
  EXPECT_EQ(core::ContentHash(**table), got->record.version);
}

TEST_F(DatasetManagerTest, MakesASparseDatasetOfLibsvmText) {
  const std::string upload = Upload("1 0:0.5 2:3\n-1 1:1\n", "train.svm");
  // By its name alone it is libsvm text, and index 0 is wrong then.
  const absl::StatusOr<Inspection> guessed = manager_->Inspect(kOwner, upload, {}, {}, 2);
  ASSERT_TRUE(guessed.ok()) << guessed.status();
  EXPECT_EQ(guessed->result.fatal_count, 1);
  EXPECT_EQ(guessed->result.preview[1], (std::vector<std::string>{"0:0.5 2:3", "1:1"}));
  CreateDatasetRequest request = FromUpload(upload);
  EXPECT_EQ(ReasonOf(manager_->CreateDataset(request).status()), ErrorReason::kInvalidData);

  request.format = core::LibsvmFormat{true};
  const absl::StatusOr<DatasetView> made = manager_->CreateDataset(request);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->record.name, "train");
  Reopen();
  const absl::StatusOr<DatasetView> got = manager_->Get(kOwner, "train");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->facts.schema, made->facts.schema);
  EXPECT_EQ(got->facts.schema.columns[1].width, 3);
  EXPECT_EQ(got->facts.statistics[1].nonzero_count, 3);
  EXPECT_EQ(std::get<core::LibsvmFormat>(*got->facts.format).zero_based, true);
  const auto table = manager_->Load(got->record.version);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(core::ContentHash(**table), got->record.version);
  EXPECT_THAT((*table)->columns[1].sparse.indices, ElementsAre(0, 2, 1));
}

TEST_F(DatasetManagerTest, RefusesWhatIsWrong) {
  CreateDatasetRequest request = FromUpload(Upload(kCsv));
  request.sha256 = std::string(64, '0');
  const absl::Status checksum = manager_->CreateDataset(request).status();
  EXPECT_EQ(ReasonOf(checksum), ErrorReason::kChecksumMismatch);
  EXPECT_EQ(core::GetErrorInfo(checksum).metadata.at("actual"), core::Sha256Hex(kCsv));
  request.sha256.clear();
  for (const std::string& id :
       std::vector<std::string>{"Upper", "1st", "-a", "a_b", "a.b", "a/b", std::string(64, 'a')}) {
    request.dataset_id = id;
    EXPECT_EQ(ReasonOf(manager_->CreateDataset(request).status()), ErrorReason::kInvalidField) << id;
  }
  const absl::Status data = manager_->CreateDataset(FromUpload(Upload("a,b\n1,2\n3\n"))).status();
  EXPECT_EQ(ReasonOf(data), ErrorReason::kInvalidData);
  EXPECT_EQ(core::GetErrorInfo(data).metadata.at("line"), "3");
  EXPECT_EQ(ReasonOf(manager_->CreateDataset(FromUpload("u123")).status()), ErrorReason::kResourceNotFound);
  EXPECT_EQ(ReasonOf(manager_->CreateDataset(FromRows({})).status()), ErrorReason::kInvalidField);
  EXPECT_EQ(ReasonOf(manager_->Inspect("bob", *request.upload, {}, {}, 1).status()), ErrorReason::kResourceNotFound);
  EXPECT_TRUE(manager_->uploads().Get(kOwner, *request.upload).ok());  // a refusal costs nothing
  room_ = core::MakeError(ErrorReason::kLimitExceeded, "full");
  EXPECT_EQ(ReasonOf(manager_->CreateDataset(FromRows({1})).status()), ErrorReason::kLimitExceeded);
  EXPECT_EQ(ReasonOf(manager_->StartUpload(kOwner, "f", std::nullopt).status()), ErrorReason::kLimitExceeded);
  EXPECT_EQ(TableFiles(), 0);
}

TEST_F(DatasetManagerTest, MakesNamesFromFileNames) {
  EXPECT_EQ(Name(FromUpload(Upload("a\n1\n", "Iris.csv"))), "iris");
  EXPECT_EQ(Name(FromUpload(Upload("a\n2\n", "iris.csv"))), "iris-2");
  EXPECT_EQ(Name(FromUpload(Upload("a\n3\n", "C:\\data\\2024 sales (old).csv"))), "sales-old");
  EXPECT_EQ(Name(FromUpload(Upload("a\n4\n", "/tmp/\xe2\x82\xac.csv"))), "data");
  EXPECT_EQ(Name(FromRows({5})), "data-2");
  const std::string longest = Name(FromUpload(Upload("a\n6\n", std::string(200, 'n') + ".csv")));
  EXPECT_LE(longest.size(), 63u);
  CreateDatasetRequest taken = FromRows({6});
  taken.dataset_id = "iris";
  const absl::Status status = manager_->CreateDataset(taken).status();
  EXPECT_EQ(ReasonOf(status), ErrorReason::kResourceExists);
  EXPECT_EQ(core::GetErrorInfo(status).metadata.at("resource"), "datasets/iris");
}

TEST_F(DatasetManagerTest, SameContentsAreOneVersion) {
  CreateDatasetRequest named = FromUpload(Upload(kCsv));
  named.dataset_id = "first";
  ASSERT_EQ(Name(named), "first");
  // The same contents in other clothes, no id asked for: the dataset that is there, as it is.
  const std::string again = Upload("\"x\";y\r\n1.0;a\r\n2;b\r\n3;a", "other.csv");
  const absl::StatusOr<DatasetView> same = manager_->CreateDataset(FromUpload(again));
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(same->record.name, "first");
  EXPECT_EQ(std::get<core::CsvFormat>(*same->facts.format).delimiter, ',');
  EXPECT_FALSE(manager_->uploads().Get(kOwner, again).ok());
  // With an id, a second name for the same table.
  CreateDatasetRequest second = FromUpload(Upload(kCsv));
  second.dataset_id = "second";
  EXPECT_EQ(Name(second), "second");
  EXPECT_EQ(TableFiles(), 1);
  ASSERT_TRUE(manager_->Delete(kOwner, "first").ok());
  EXPECT_EQ(TableFiles(), 1);
  EXPECT_TRUE(manager_->Load(same->record.version).ok());
  ASSERT_TRUE(manager_->Delete(kOwner, "second").ok());
  EXPECT_EQ(TableFiles(), 0);
  EXPECT_EQ(manager_->TotalBytes(), 0);
}

TEST_F(DatasetManagerTest, RequestIdsMakeRetriesSafe) {
  CreateDatasetRequest request = FromUpload(Upload(kCsv));
  request.request_id = "r1";
  request.fingerprint = "f1";
  const std::string name = Name(request);
  EXPECT_EQ(Name(request), name);  // though the upload has become the dataset
  CreateDatasetRequest other = FromRows({1});
  other.request_id = "r1";
  other.fingerprint = "f2";
  const absl::Status reused = manager_->CreateDataset(other).status();
  EXPECT_EQ(ReasonOf(reused), ErrorReason::kRequestIdReused);
  EXPECT_EQ(core::GetErrorInfo(reused).metadata.at("request_id"), "r1");
  other.owner = "bob";
  EXPECT_TRUE(manager_->CreateDataset(other).ok());
  // A retry is also safe when the first call found the contents there already.
  CreateDatasetRequest same = FromUpload(Upload(kCsv));
  same.request_id = "r2";
  same.fingerprint = "f3";
  EXPECT_EQ(Name(same), name);
  EXPECT_EQ(Name(same), name);
  // A day later the id is free again.
  env_.AdvanceTime(absl::Hours(25));
  other.owner = kOwner;
  EXPECT_TRUE(manager_->CreateDataset(other).ok());
}

TEST_F(DatasetManagerTest, ValidateOnlyChangesNothing) {
  CreateDatasetRequest request = FromUpload(Upload(kCsv));
  request.validate_only = true;
  request.request_id = "r1";
  const absl::StatusOr<DatasetView> view = manager_->CreateDataset(request);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->record.name, "my-data");
  EXPECT_EQ(TableFiles(), 0);
  EXPECT_FALSE(manager_->Get(kOwner, "my-data").ok());
  request.validate_only = false;
  const absl::StatusOr<DatasetView> made = manager_->CreateDataset(request);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->record.version, view->record.version);
  EXPECT_EQ(made->record.stored_bytes, view->record.stored_bytes);
  // A name that is taken is found out by a check, too.
  CreateDatasetRequest taken = FromRows({1});
  taken.dataset_id = "my-data";
  taken.validate_only = true;
  EXPECT_EQ(ReasonOf(manager_->CreateDataset(taken).status()), ErrorReason::kResourceExists);
}

TEST_F(DatasetManagerTest, ListsNewestFirst) {
  for (const double value : {1.0, 2.0, 3.0, 4.0, 5.0}) Name(FromRows({value}));
  std::vector<std::string> names;
  std::string after;
  int pages = 0;
  do {
    const absl::StatusOr<std::vector<DatasetView>> page = manager_->List(kOwner, 2, after, &after);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const DatasetView& view : *page) names.push_back(view.record.name);
    ++pages;
    // What is made meanwhile comes before; what is deleted meanwhile does not disturb.
    if (pages == 1) {
      Name(FromRows({6}));
      ASSERT_TRUE(manager_->Delete(kOwner, "data-4").ok());
    }
  } while (!after.empty());
  EXPECT_THAT(names, ElementsAre("data-5", "data-4", "data-3", "data-2", "data"));
  EXPECT_EQ(pages, 3);
  EXPECT_TRUE(manager_->List("bob", 10, "", &after)->empty());
  EXPECT_EQ(ReasonOf(manager_->List(kOwner, 2, "nonsense", &after).status()), ErrorReason::kInvalidField);
}

TEST_F(DatasetManagerTest, DeletesWhatIsNotUsed) {
  const absl::StatusOr<DatasetView> view = manager_->CreateDataset(FromRows({1, 2}));
  used_version_ = view->record.version;
  EXPECT_EQ(ReasonOf(manager_->Delete(kOwner, "data")), ErrorReason::kResourceInUse);
  EXPECT_TRUE(manager_->Load(used_version_).ok());
  used_version_.clear();
  EXPECT_EQ(ReasonOf(manager_->Delete("bob", "data")), ErrorReason::kResourceNotFound);
  const absl::Status mistyped = manager_->Delete(kOwner, "dtaa");
  EXPECT_EQ(ReasonOf(mistyped), ErrorReason::kResourceNotFound);
  EXPECT_EQ(core::GetErrorInfo(mistyped).metadata.at("nearest"), "datasets/data");
  EXPECT_TRUE(manager_->Delete(kOwner, "data").ok());
  EXPECT_EQ(ReasonOf(manager_->Get(kOwner, "data").status()), ErrorReason::kResourceNotFound);
}

TEST_F(DatasetManagerTest, TablesInUseAreShared) {
  const std::string version = manager_->CreateDataset(FromRows({1, 2}))->record.version;
  Reopen();
  const auto first = *manager_->Load(version);
  for (double i = 0; i < 10; ++i) Name(FromRows({10 + i}));  // pushes it out of those used lately
  EXPECT_EQ(manager_->Load(version)->get(), first.get());
}

TEST_F(DatasetManagerTest, DamageIsNoticed) {
  const std::string version = manager_->CreateDataset(FromRows({1, 2}))->record.version;
  for (const std::string& file : env_.Files()) {
    if (!absl::EndsWith(file, ".table")) continue;
    std::string bytes = env_.Contents(file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    env_.SetContents(file, bytes);
  }
  Reopen();
  const absl::Status status = manager_->Load(version).status();
  EXPECT_EQ(ReasonOf(status), ErrorReason::kStoredDataDamaged);
  EXPECT_FALSE(absl::StrContains(status.message(), "/data")) << "no server path: " << status;
  EXPECT_TRUE(manager_->Delete(kOwner, "data").ok());
}

// A crash between table and record leaves a file that the next start removes.
TEST_F(DatasetManagerTest, StartsClean) {
  ASSERT_TRUE(manager_->CreateDataset(FromRows({1, 2})).ok());
  const absl::string_view bytes = "left behind";
  ASSERT_TRUE(env_.WriteFileAtomically("/data/tables/0000.table", absl::MakeConstSpan(&bytes, 1)).ok());
  EXPECT_EQ(TableFiles(), 2);
  Reopen();
  EXPECT_EQ(TableFiles(), 1);
}

// Many threads make the same and other datasets: every name is there once, and every table.
TEST_F(DatasetManagerTest, ThreadsDoNotCollide) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 5; ++i) {
        CreateDatasetRequest request = FromRows({static_cast<double>(i)});
        request.dataset_id = absl::StrCat("t", t, "-", i);
        const absl::StatusOr<DatasetView> view = manager_->CreateDataset(request);
        EXPECT_TRUE(view.ok()) << view.status();
        EXPECT_TRUE(manager_->Load(view->record.version).ok());
        if (i % 2 == 0) {
          EXPECT_TRUE(manager_->Delete(kOwner, request.dataset_id).ok());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::string next;
  EXPECT_EQ(manager_->List(kOwner, 100, "", &next)->size(), 8u);
  EXPECT_EQ(TableFiles(), 2);
}

}  // namespace
}  // namespace descent::datasets
