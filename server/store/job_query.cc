#include "server/store/job_query.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/bytes.h"
#include "core/base/errors.h"
#include "core/base/status.h"
#include "server/store/log_format.h"

namespace descent::store {
namespace {

using Condition = jobs::JobCondition;
using Order = jobs::JobQuery::Order;

constexpr uint8_t kTokenVersion = 1;
// Jobs that have not ended come after all that have.
constexpr int64_t kNotEnded = std::numeric_limits<int64_t>::max();

// The indices of the table are on exactly these expressions.
std::string OrderExpression(Order order) {
  switch (order) {
    case Order::kEndTime:
      return "COALESCE(end_time, 9223372036854775807)";
    case Order::kName:
      return "name";
    case Order::kCreateTime:
      break;
  }
  return "create_time";
}

// What a token is bound to.
uint32_t Fingerprint(const jobs::JobQuery& query) {
  core::ByteWriter writer;
  writer.PutString(query.owner);
  writer.PutU8(static_cast<uint8_t>(query.order));
  writer.PutBool(query.descending);
  for (const Condition& condition : query.conditions) {
    writer.PutU8(static_cast<uint8_t>(condition.field));
    writer.PutString(condition.label);
    writer.PutString(condition.value);
    writer.PutBool(condition.negated);
  }
  return Crc32(writer.bytes());
}

absl::Status AddCondition(const Condition& condition, JobSql& sql) {
  switch (condition.field) {
    case Condition::Field::kState: {
      int64_t state = 0;
      if (!absl::SimpleAtoi(condition.value, &state)) {
        return core::InvalidField("filter", absl::StrCat("`", condition.value, "` is not the number of a state"));
      }
      absl::StrAppend(&sql.text, " AND state ", condition.negated ? "<>" : "=", " ?");
      sql.parameters.emplace_back(state);
      return absl::OkStatus();
    }
    case Condition::Field::kOwner:
      absl::StrAppend(&sql.text, " AND owner ", condition.negated ? "<>" : "=", " ?");
      break;
    case Condition::Field::kDataset:
      absl::StrAppend(&sql.text, " AND dataset ", condition.negated ? "<>" : "=", " ?");
      break;
    case Condition::Field::kLabel:
      absl::StrAppend(&sql.text, " AND ", condition.negated ? "NOT " : "",
                      "EXISTS (SELECT 1 FROM job_labels WHERE job = create_sequence AND label = ? AND value = ?)");
      sql.parameters.emplace_back(condition.label);
      break;
  }
  sql.parameters.emplace_back(condition.value);
  return absl::OkStatus();
}

}  // namespace

std::string EncodePageToken(const jobs::JobQuery& query, const JobPosition& position) {
  core::ByteWriter writer;
  writer.PutU8(kTokenVersion);
  writer.PutU32(Fingerprint(query));
  writer.PutI64(position.create_sequence);
  if (const int64_t* number = std::get_if<int64_t>(&position.key)) {
    writer.PutI64(*number);
  } else {
    writer.PutString(std::get<std::string>(position.key));
  }
  writer.PutU32(Crc32(writer.bytes()));
  return absl::WebSafeBase64Escape(writer.bytes());
}

absl::StatusOr<JobPosition> DecodePageToken(const jobs::JobQuery& query) {
  const auto refuse = [](absl::string_view why) {
    return core::InvalidField("page_token",
                              absl::StrCat(why, "; pass next_page_token of the answer before, or none to begin again"));
  };
  std::string bytes;
  constexpr size_t kCrcBytes = sizeof(uint32_t);
  if (!absl::WebSafeBase64Unescape(query.after, &bytes) || bytes.size() < kCrcBytes ||
      absl::WebSafeBase64Escape(bytes) != query.after) {
    return refuse("is not a token of this server");
  }
  const absl::string_view checked = absl::string_view(bytes).substr(0, bytes.size() - kCrcBytes);
  core::ByteReader crc(absl::string_view(bytes).substr(checked.size()));
  core::ByteReader reader(checked);
  if (crc.GetU32() != Crc32(checked) || reader.GetU8() != kTokenVersion) return refuse("is not a token of this server");
  if (reader.GetU32() != Fingerprint(query)) {
    return refuse("was made for another filter or order");
  }
  JobPosition position;
  position.create_sequence = reader.GetI64();
  if (query.order == Order::kName) {
    position.key = reader.GetString();
  } else {
    position.key = reader.GetI64();
  }
  if (reader.failed() || reader.remaining() != 0) return refuse("is not a token of this server");
  return position;
}

absl::StatusOr<JobSql> MakeJobSql(const jobs::JobQuery& query, const std::string& columns) {
  JobSql sql;
  sql.text = absl::StrCat("SELECT ", columns, " FROM jobs WHERE owner = ?");
  sql.parameters.emplace_back(query.owner);
  for (const Condition& condition : query.conditions) DESCENT_RETURN_IF_ERROR(AddCondition(condition, sql));
  const std::string key = OrderExpression(query.order);
  if (!query.after.empty()) {
    DESCENT_ASSIGN_OR_RETURN(const JobPosition position, DecodePageToken(query));
    absl::StrAppend(&sql.text, " AND (", key, ", create_sequence) ", query.descending ? "<" : ">", " (?, ?)");
    sql.parameters.push_back(position.key);
    sql.parameters.emplace_back(position.create_sequence);
  }
  const absl::string_view direction = query.descending ? " DESC" : "";
  absl::StrAppend(&sql.text, " ORDER BY ", key, direction, ", create_sequence", direction, " LIMIT ?");
  sql.parameters.emplace_back(std::max<int64_t>(query.limit, 1) + 1);
  return sql;
}

JobPosition PositionOf(const jobs::JobQuery& query, const jobs::JobRecord& job) {
  JobPosition position;
  position.create_sequence = job.create_sequence;
  switch (query.order) {
    case Order::kCreateTime:
      position.key = absl::ToUnixNanos(job.create_time);
      break;
    case Order::kEndTime:
      position.key = job.end_time.has_value() ? absl::ToUnixNanos(*job.end_time) : kNotEnded;
      break;
    case Order::kName:
      position.key = job.name;
      break;
  }
  return position;
}

}  // namespace descent::store
