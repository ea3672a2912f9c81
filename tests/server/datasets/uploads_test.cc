#include "server/datasets/uploads.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "tests/faults/memory_env.h"

namespace descent::datasets {
namespace {

using core::ErrorReason;

constexpr int64_t kMaxBytes = int64_t{64} << 20;
constexpr char kOwner[] = "ann";

std::unique_ptr<Uploads> Open(core::Env* env, int64_t max_bytes = kMaxBytes) {
  absl::StatusOr<std::unique_ptr<Uploads>> uploads = Uploads::Create(env, "/data/uploads", max_bytes);
  EXPECT_TRUE(uploads.ok()) << uploads.status();
  return *std::move(uploads);
}

std::string Start(Uploads* uploads, std::optional<int64_t> size = std::nullopt) {
  const absl::StatusOr<UploadInfo> info = uploads->Start(kOwner, "iris.csv", size);
  EXPECT_TRUE(info.ok()) << info.status();
  return info->id;
}

std::unique_ptr<Uploads::Writer> OpenWriter(Uploads* uploads, const std::string& id) {
  absl::StatusOr<std::unique_ptr<Uploads::Writer>> writer = uploads->OpenWriter(kOwner, id);
  EXPECT_TRUE(writer.ok()) << writer.status();
  return *std::move(writer);
}

ErrorReason ReasonOf(const absl::Status& status) {
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(core::GetErrorInfo(status).has_reason) << status;
  return core::GetErrorInfo(status).reason;
}

// Bytes that tell where they stand.
std::string Numbered(int64_t size) {
  std::string bytes;
  for (int64_t i = 0; static_cast<int64_t>(bytes.size()) < size; ++i) absl::StrAppend(&bytes, i, ",");
  bytes.resize(static_cast<size_t>(size));
  return bytes;
}

TEST(UploadsTest, TakesBytesInPieces) {
  faults::MemoryEnv env(1);
  const std::unique_ptr<Uploads> uploads = Open(&env);
  const std::string id = Start(uploads.get(), 10);
  std::unique_ptr<Uploads::Writer> writer = OpenWriter(uploads.get(), id);
  ASSERT_TRUE(writer->Write(0, "01234", std::nullopt).ok());
  ASSERT_TRUE(writer->Write(3, "34567", std::nullopt).ok());  // what overlaps is skipped
  ASSERT_TRUE(writer->Write(0, "01", std::nullopt).ok());
  writer.reset();  // the stream is cut
  EXPECT_EQ(uploads->Get(kOwner, id)->committed_bytes, 8);
  EXPECT_FALSE(uploads->Get(kOwner, id)->complete);
  EXPECT_EQ(ReasonOf(uploads->Read(kOwner, id).status()), ErrorReason::kWrongState);

  writer = OpenWriter(uploads.get(), id);
  ASSERT_TRUE(writer->Write(8, "89", std::nullopt).ok());
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_TRUE(uploads->Get(kOwner, id)->complete);
  EXPECT_EQ(*uploads->Read(kOwner, id), "0123456789");
  EXPECT_EQ(ReasonOf(writer->Write(10, "x", std::nullopt)), ErrorReason::kWrongState);
  EXPECT_EQ(ReasonOf(uploads->OpenWriter(kOwner, id).status()), ErrorReason::kWrongState);
}

TEST(UploadsTest, RefusesWhatDoesNotFit) {
  faults::MemoryEnv env(1);
  const std::unique_ptr<Uploads> uploads = Open(&env, 100);
  const absl::Status too_large = uploads->Start(kOwner, "big.csv", 101).status();
  EXPECT_EQ(ReasonOf(too_large), ErrorReason::kLimitExceeded);
  EXPECT_EQ(core::GetErrorInfo(too_large).metadata.at("limit"), "100");
  EXPECT_EQ(core::GetErrorInfo(too_large).metadata.at("requested"), "101");
  EXPECT_EQ(ReasonOf(uploads->Start(kOwner, std::string(256, 'n'), -1).status()), ErrorReason::kInvalidField);

  const std::string id = Start(uploads.get(), 6);
  const std::unique_ptr<Uploads::Writer> writer = OpenWriter(uploads.get(), id);
  ASSERT_TRUE(writer->Write(0, "abc", std::nullopt).ok());
  const absl::Status hole = writer->Write(4, "x", std::nullopt);
  EXPECT_EQ(ReasonOf(hole), ErrorReason::kOffsetOutOfRange);
  EXPECT_EQ(core::GetErrorInfo(hole).metadata.at("committed_bytes"), "3");
  EXPECT_EQ(ReasonOf(writer->Write(-1, "x", std::nullopt)), ErrorReason::kOffsetOutOfRange);
  EXPECT_EQ(ReasonOf(writer->Write(3, "defg", std::nullopt)), ErrorReason::kLimitExceeded);
  EXPECT_EQ(ReasonOf(writer->Finish()), ErrorReason::kInvalidField);  // announced with 6 bytes
  const uint32_t right = static_cast<uint32_t>(crc32(0, reinterpret_cast<const unsigned char*>("def"), 3));
  EXPECT_EQ(ReasonOf(writer->Write(3, "dex", right)), ErrorReason::kChecksumMismatch);
  EXPECT_TRUE(writer->Write(3, "def", right).ok());
  EXPECT_TRUE(writer->Finish().ok());

  const std::string open_end = Start(uploads.get());
  const std::unique_ptr<Uploads::Writer> other = OpenWriter(uploads.get(), open_end);
  EXPECT_EQ(ReasonOf(other->Write(0, Numbered(101), std::nullopt)), ErrorReason::kLimitExceeded);
}

// However often others knock, the first writer keeps the upload.
TEST(UploadsTest, HasOneWriterAtATime) {
  faults::MemoryEnv env(1);
  const std::unique_ptr<Uploads> uploads = Open(&env);
  const std::string id = Start(uploads.get());
  std::unique_ptr<Uploads::Writer> writer = OpenWriter(uploads.get(), id);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ReasonOf(uploads->OpenWriter(kOwner, id).status()), ErrorReason::kWrongState);
    EXPECT_EQ(ReasonOf(uploads->OpenWriter("bob", id).status()), ErrorReason::kResourceNotFound);
  }
  ASSERT_TRUE(writer->Write(0, "abc", std::nullopt).ok());
  writer.reset();
  EXPECT_TRUE(uploads->OpenWriter(kOwner, id).ok());
}

TEST(UploadsTest, BelongsToItsOwner) {
  faults::MemoryEnv env(1);
  const std::unique_ptr<Uploads> uploads = Open(&env);
  const std::string id = Start(uploads.get());
  EXPECT_TRUE(uploads->Get(kOwner, id).ok());
  EXPECT_EQ(ReasonOf(uploads->Get("bob", id).status()), ErrorReason::kResourceNotFound);
  EXPECT_EQ(ReasonOf(uploads->Read("bob", id).status()), ErrorReason::kResourceNotFound);
  EXPECT_EQ(ReasonOf(uploads->Get(kOwner, "../../etc/passwd").status()), ErrorReason::kResourceNotFound);
}

TEST(UploadsTest, ExpiresADayAfterTheLastByte) {
  faults::MemoryEnv env(1);
  std::unique_ptr<Uploads> uploads = Open(&env);
  const std::string id = Start(uploads.get());
  env.AdvanceTime(absl::Hours(23));
  ASSERT_TRUE(OpenWriter(uploads.get(), id)->Write(0, "abc", std::nullopt).ok());
  env.AdvanceTime(absl::Hours(23));
  EXPECT_EQ(uploads->Get(kOwner, id)->committed_bytes, 3);
  env.AdvanceTime(absl::Hours(1));
  EXPECT_EQ(ReasonOf(uploads->Get(kOwner, id).status()), ErrorReason::kResourceNotFound);
  Start(uploads.get());  // forgets it
  for (const std::string& file : env.Files()) EXPECT_FALSE(absl::StrContains(file, id)) << file;
  uploads = Open(&env);
  EXPECT_FALSE(uploads->Get(kOwner, id).ok());
}

TEST(UploadsTest, SyncsEvery8MiB) {
  faults::MemoryEnv env(1);
  const std::unique_ptr<Uploads> uploads = Open(&env);
  const std::string id = Start(uploads.get());
  const std::unique_ptr<Uploads::Writer> writer = OpenWriter(uploads.get(), id);
  const std::string mebibyte(1 << 20, 'x');
  for (int64_t i = 0; i < 20; ++i) {
    ASSERT_TRUE(writer->Write(i << 20, mebibyte, std::nullopt).ok());
    EXPECT_EQ(uploads->Get(kOwner, id)->committed_bytes, (i + 1) / 8 * (8 << 20));
  }
}

// After a sync has failed, another that succeeds saves nothing: what it should have saved is not claimed.
TEST(UploadsTest, FailedSyncIsNotForgotten) {
  faults::MemoryEnv env(1);
  std::unique_ptr<Uploads> uploads = Open(&env);
  const std::string id = Start(uploads.get());
  ASSERT_TRUE(OpenWriter(uploads.get(), id)->Write(0, "abc", std::nullopt).ok());
  std::unique_ptr<Uploads::Writer> writer = OpenWriter(uploads.get(), id);
  ASSERT_TRUE(writer->Write(3, "def", std::nullopt).ok());
  env.FailSync(0, absl::InternalError("disk"));
  EXPECT_FALSE(writer->Commit().ok());
  EXPECT_FALSE(writer->Commit().ok());
  EXPECT_FALSE(writer->Write(6, "ghi", std::nullopt).ok());
  EXPECT_FALSE(writer->Finish().ok());
  writer.reset();
  EXPECT_EQ(uploads->Get(kOwner, id)->committed_bytes, 3);
  writer = OpenWriter(uploads.get(), id);
  ASSERT_TRUE(writer->Write(3, "DEF", std::nullopt).ok());
  ASSERT_TRUE(writer->Finish().ok());
  writer.reset();
  env.Restart();
  uploads = Open(&env);
  EXPECT_EQ(*uploads->Read(kOwner, id), "abcDEF");
}

// A part of what could not be appended is in the file: it does not become part of the upload.
TEST(UploadsTest, FailedWriteLeavesNothingBehind) {
  faults::MemoryEnv env(1);
  const std::unique_ptr<Uploads> uploads = Open(&env);
  const std::string id = Start(uploads.get());
  std::unique_ptr<Uploads::Writer> writer = OpenWriter(uploads.get(), id);
  ASSERT_TRUE(writer->Write(0, "abc", std::nullopt).ok());
  ASSERT_TRUE(writer->Commit().ok());
  env.FailWrite(0, absl::ResourceExhaustedError("full"));
  EXPECT_FALSE(writer->Write(3, "defghijkl", std::nullopt).ok());
  EXPECT_FALSE(writer->Write(3, "defghijkl", std::nullopt).ok());
  writer.reset();
  EXPECT_EQ(uploads->Get(kOwner, id)->committed_bytes, 3);
  writer = OpenWriter(uploads.get(), id);
  ASSERT_TRUE(writer->Write(3, "DEF", std::nullopt).ok());
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(*uploads->Read(kOwner, id), "abcDEF");
}

TEST(UploadsTest, EmptyUploadCompletes) {
  faults::MemoryEnv env(1);
  std::unique_ptr<Uploads> uploads = Open(&env);
  const std::string id = Start(uploads.get(), 0);
  ASSERT_TRUE(OpenWriter(uploads.get(), id)->Finish().ok());
  env.Restart();
  uploads = Open(&env);
  ASSERT_TRUE(uploads->Get(kOwner, id)->complete);
  EXPECT_EQ(*uploads->Read(kOwner, id), "");
}

// A client that sends in streams of a few writes, until the power goes. Gives what was acknowledged as durable; -1 if
// not even the upload was.
int64_t SendUntilPowerLoss(faults::MemoryEnv* env, const std::string& text, std::string* id, bool* finished) {
  const absl::StatusOr<std::unique_ptr<Uploads>> uploads = Uploads::Create(env, "/data/uploads", kMaxBytes);
  if (!uploads.ok()) return -1;
  const absl::StatusOr<UploadInfo> info = (*uploads)->Start(kOwner, "f.csv", static_cast<int64_t>(text.size()));
  if (!info.ok()) return -1;
  *id = info->id;
  int64_t acknowledged = 0;
  while (true) {
    const absl::StatusOr<std::unique_ptr<Uploads::Writer>> writer = (*uploads)->OpenWriter(kOwner, *id);
    if (!writer.ok()) return acknowledged;
    int64_t offset = acknowledged;
    for (int i = 0; i < 3 && offset < static_cast<int64_t>(text.size()); ++i) {
      const std::string part = text.substr(static_cast<size_t>(offset), 700);
      if (!(*writer)->Write(offset, part, std::nullopt).ok()) return acknowledged;
      offset += static_cast<int64_t>(part.size());
    }
    const absl::StatusOr<UploadInfo> committed = (*writer)->Commit();
    if (!committed.ok()) return acknowledged;
    acknowledged = committed->committed_bytes;
    if (acknowledged < static_cast<int64_t>(text.size())) continue;
    *finished = (*writer)->Finish().ok();
    return acknowledged;
  }
}

// Wherever the power goes: what was acknowledged is there, what is there is what was sent, and the upload goes on.
TEST(UploadsTest, SurvivesPowerLossAnywhere) {
  const std::string text = Numbered(9000);
  int finished_runs = 0;
  for (int64_t change = 0; change < 60; ++change) {
    for (uint64_t seed = 0; seed < 8; ++seed) {
      SCOPED_TRACE(absl::StrCat("power lost after ", change, " changes, seed ", seed));
      faults::MemoryEnv env(seed);
      env.LosePowerAfter(change);
      std::string id;
      bool finished = false;
      const int64_t acknowledged = SendUntilPowerLoss(&env, text, &id, &finished);
      finished_runs += finished ? 1 : 0;
      env.Restart();
      const std::unique_ptr<Uploads> uploads = Open(&env);
      if (acknowledged < 0) continue;
      const absl::StatusOr<UploadInfo> info = uploads->Get(kOwner, id);
      ASSERT_TRUE(info.ok()) << info.status();
      EXPECT_GE(info->committed_bytes, acknowledged);
      if (finished) {
        EXPECT_TRUE(info->complete);
      }
      if (!info->complete) {
        const std::unique_ptr<Uploads::Writer> writer = OpenWriter(uploads.get(), id);
        ASSERT_TRUE(
            writer->Write(info->committed_bytes, text.substr(static_cast<size_t>(info->committed_bytes)), std::nullopt)
                .ok());
        ASSERT_TRUE(writer->Finish().ok());
      }
      EXPECT_EQ(*uploads->Read(kOwner, id), text);
    }
  }
  EXPECT_GT(finished_runs, 0);  // the range of changes covers the whole course
}

}  // namespace
}  // namespace descent::datasets
