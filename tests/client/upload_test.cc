#include "client/upload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "client/client.h"
#include "tests/client/fake_server.h"

namespace descent::client {
namespace {

using ::testing::ElementsAre;

class UploadTest : public testing::Test {
 protected:
  void SetUp() override {
    Options options;
    options.address = server_.address();
    client_ = *Client::Connect(options);
    for (int i = 0; i < 10'000; ++i) contents_ += static_cast<char>('a' + i * i % 26);
    path_ = absl::StrCat(testing::TempDir(), "upload_test_", getpid(), ".csv");
    std::ofstream(path_) << contents_;
    options_.message_bytes = 1000;
    options_.retry = {absl::Milliseconds(1), absl::Milliseconds(1), absl::Milliseconds(3)};
  }
  void TearDown() override { std::remove(path_.c_str()); }

  FakeServer server_;
  std::unique_ptr<Client> client_;
  std::string contents_;
  std::string path_;
  UploadOptions options_;
};

TEST_F(UploadTest, SendsAFileInMessages) {
  std::vector<int64_t> sent;
  options_.on_progress = [&](const v1::Upload& upload, int64_t bytes, int64_t size) {
    EXPECT_EQ(upload.name(), "uploads/u1");
    EXPECT_EQ(size, 10'000);
    sent.push_back(bytes);
  };
  const absl::StatusOr<v1::Upload> upload = UploadFile(*client_, path_, options_);
  ASSERT_TRUE(upload.ok()) << upload.status();
  EXPECT_TRUE(upload->complete());
  EXPECT_EQ(server_.datasets().bytes, contents_);
  EXPECT_TRUE(server_.datasets().crcs_are_right);
  EXPECT_EQ(server_.datasets().start.size_bytes(), 10'000);
  // Never a path.
  EXPECT_EQ(server_.datasets().start.file_name(), path_.substr(path_.rfind('/') + 1));
  EXPECT_THAT(sent, ElementsAre(0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10'000));
}

TEST_F(UploadTest, GoesOnAfterCuts) {
  server_.datasets().cuts = {2500, 4000};
  const absl::StatusOr<v1::Upload> upload = UploadFile(*client_, path_, options_);
  ASSERT_TRUE(upload.ok()) << upload.status();
  EXPECT_EQ(server_.datasets().bytes, contents_);
  EXPECT_THAT(server_.datasets().offsets, ElementsAre(0, 2000, 6000));
}

TEST_F(UploadTest, GivesUpWithoutProgressAndIsResumedLater) {
  server_.datasets().cuts = {2500, 0, 0, 0, 0, 0, 0};
  EXPECT_TRUE(absl::IsUnavailable(UploadFile(*client_, path_, options_).status()));
  EXPECT_EQ(server_.datasets().bytes.size(), 2000);
  server_.datasets().cuts.clear();
  server_.datasets().offsets.clear();
  options_.resume = "u1";
  const absl::StatusOr<v1::Upload> upload = UploadFile(*client_, path_, options_);
  ASSERT_TRUE(upload.ok()) << upload.status();
  EXPECT_EQ(server_.datasets().bytes, contents_);
  EXPECT_THAT(server_.datasets().offsets, ElementsAre(2000));
}

TEST_F(UploadTest, AnotherFileIsNotAppended) {
  server_.datasets().start.set_size_bytes(9);
  options_.resume = "uploads/u1";
  EXPECT_TRUE(absl::IsInvalidArgument(UploadFile(*client_, path_, options_).status()));
  EXPECT_THAT(server_.datasets().offsets, ElementsAre());
}

TEST_F(UploadTest, AnEmptyFileIsComplete) {
  std::ofstream(path_, std::ios::trunc).flush();
  const absl::StatusOr<v1::Upload> upload = UploadFile(*client_, path_, options_);
  ASSERT_TRUE(upload.ok()) << upload.status();
  EXPECT_TRUE(upload->complete());
}

TEST_F(UploadTest, CanBeCancelled) {
  // A wait of an hour would be noticed.
  options_.retry = {absl::Hours(1), absl::Hours(1), absl::Hours(1)};
  int64_t sent = 0;
  options_.on_progress = [&](const v1::Upload&, int64_t bytes, int64_t) { sent = bytes; };
  options_.is_cancelled = [&] { return sent >= 3000; };
  EXPECT_TRUE(absl::IsCancelled(UploadFile(*client_, path_, options_).status()));
  EXPECT_EQ(sent, 3000);
}

TEST_F(UploadTest, WhatIsNoFileIsRefused) {
  EXPECT_TRUE(absl::IsNotFound(UploadFile(*client_, "/nowhere.csv", options_).status()));
  EXPECT_TRUE(absl::IsNotFound(UploadFile(*client_, "/tmp", options_).status()));
}

TEST_F(UploadTest, HashesAsSha256sumDoes) {
  std::ofstream(path_, std::ios::trunc) << "abc";
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(*FileSha256(path_), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace descent::client
