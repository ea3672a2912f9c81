#include "tests/e2e/watch_all.h"

#include <gtest/gtest.h>

namespace descent::e2e {

void Watch(v1::JobService::Stub* stub, v1::WatchJobRequest request, Watched* watched,
           const std::function<bool(const v1::LogRecord&)>& keep_going) {
  request.set_start_sequence(watched->cursor);
  grpc::ClientContext context;
  const auto reader = stub->WatchJob(&context, request);
  v1::LogRecord record;
  bool stopped = false;
  while (reader->Read(&record)) {
    ASSERT_EQ(record.first_sequence(), watched->cursor) << "a hole or a duplicate before " << record.ShortDebugString();
    ASSERT_GE(record.next_sequence(), record.first_sequence());
    watched->cursor = record.next_sequence();
    if (record.has_steps()) {
      ASSERT_EQ(record.next_sequence() - record.first_sequence(), record.steps().row_count());
      AddRows(record.steps(), &watched->run);
    } else if (!record.has_header() && !record.has_heartbeat()) {
      ASSERT_EQ(record.next_sequence() - record.first_sequence(), 1);
      watched->events.push_back(record);
      if (record.has_state_change()) watched->last_state = record.state_change();
    }
    if (keep_going != nullptr && !keep_going(record)) {
      stopped = true;
      break;
    }
  }
  if (stopped) context.TryCancel();
  while (reader->Read(&record)) {
  }
  watched->status = reader->Finish();
}

Watched WatchAll(v1::JobService::Stub* stub, const std::string& job) {
  Watched watched;
  v1::WatchJobRequest request;
  request.set_name(job);
  Watch(stub, request, &watched);
  EXPECT_TRUE(watched.status.ok()) << watched.status.error_message();
  return watched;
}

std::vector<double> FetchParameters(v1::JobService::Stub* stub, const v1::GetParametersRequest& request,
                                    grpc::Status* status) {
  grpc::ClientContext context;
  const auto reader = stub->GetParameters(&context, request);
  std::vector<double> values;
  v1::ParameterChunk chunk;
  while (reader->Read(&chunk)) {
    EXPECT_EQ(chunk.offset(), static_cast<int64_t>(values.size()));
    values.insert(values.end(), chunk.values().begin(), chunk.values().end());
  }
  const grpc::Status finished = reader->Finish();
  if (status != nullptr) {
    *status = finished;
  } else {
    EXPECT_TRUE(finished.ok()) << finished.error_message();
  }
  return values;
}

}  // namespace descent::e2e
