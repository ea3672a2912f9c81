// The two tables of docs/errors.md as data.
#ifndef DESCENT_TESTS_SERVER_RPC_REFUSAL_TABLE_H_
#define DESCENT_TESTS_SERVER_RPC_REFUSAL_TABLE_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace descent::rpc {

// A row of the table of refusals. Texts may hold `...` for anything.
struct RefusalRow {
  std::string id;
  std::string call;
  std::string code;
  std::string reason;   // empty: the transport's own, without details
  std::string fields;   // of all violations, in order, divided by `, `; empty: none
  std::string message;  // a part of it
};

// A row of the table of reasons.
struct ReasonRow {
  std::string code;
  std::set<std::string> metadata;
};

struct ErrorDocument {
  std::vector<RefusalRow> refusals;
  std::map<std::string, ReasonRow> reasons;
};

// Reads the file of the source tree that DESCENT_SOURCE_DIR names.
ErrorDocument ReadErrorDocument();

// The reasons as the comments of error_details.proto describe them.
std::map<std::string, ReasonRow> ReadReasonsOfProto();

// Whether `text` begins and ends as `pattern` does and has its parts between `...` in order.
bool Matches(absl::string_view text, absl::string_view pattern);

}  // namespace descent::rpc

#endif  // DESCENT_TESTS_SERVER_RPC_REFUSAL_TABLE_H_
