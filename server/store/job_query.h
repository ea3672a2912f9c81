// A query for a page of jobs as SQL, and the tokens that lead from one page to the next.
#ifndef DESCENT_SERVER_STORE_JOB_QUERY_H_
#define DESCENT_SERVER_STORE_JOB_QUERY_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "server/jobs/job_store.h"

namespace descent::store {

// The place of a job in an order: the next page begins after it.
struct JobPosition {
  std::variant<int64_t, std::string> key;  // time in nanoseconds, or name
  int64_t create_sequence = 0;             // breaks ties

  bool operator==(const JobPosition&) const = default;
};

// Opaque to clients and bound to what was asked: a token goes on with the same owner, conditions and order only.
std::string EncodePageToken(const jobs::JobQuery& query, const JobPosition& position);
// INVALID_FIELD on `page_token` when the token was not made for this query.
absl::StatusOr<JobPosition> DecodePageToken(const jobs::JobQuery& query);

// A SELECT over the table `jobs` with its parameters, in order.
struct JobSql {
  std::string text;
  std::vector<std::variant<int64_t, std::string>> parameters;
};
// `columns` is what to select. Asks for one job more than the limit: it tells whether there is a next page.
absl::StatusOr<JobSql> MakeJobSql(const jobs::JobQuery& query, const std::string& columns);

// Where a job stands in the order of a query.
JobPosition PositionOf(const jobs::JobQuery& query, const jobs::JobRecord& job);

}  // namespace descent::store

#endif  // DESCENT_SERVER_STORE_JOB_QUERY_H_
