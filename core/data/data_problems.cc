#include "core/data/data_problems.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/base/errors.h"
#include "core/data/text_check.h"

namespace descent::core {

absl::string_view CutText(absl::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::string Quoted(absl::string_view text) {
  constexpr size_t kShown = 40;
  const absl::string_view shown = CutText(text, kShown);
  std::string quoted = "\"";
  for (size_t i = 0; i < shown.size();) {
    const size_t length = static_cast<size_t>(Utf8Length(shown.substr(i)));
    const unsigned char byte = static_cast<unsigned char>(shown[i]);
    if (byte == '\n') {
      quoted += "\\n";
    } else if (byte == '\r') {
      quoted += "\\r";
    } else if (byte == '\t') {
      quoted += "\\t";
    } else if (length == 0 || byte < 0x20 || byte == 0x7f) {
      absl::StrAppendFormat(&quoted, "\\x%02x", byte);
    } else {
      quoted.append(shown.data() + i, length);
    }
    i += length == 0 ? 1 : length;
  }
  quoted += shown.size() < text.size() ? "...\"" : "\"";
  return quoted;
}

void ProblemCollector::Add(List* list, TextPosition position, absl::string_view column_name, std::string message,
                           bool fatal) {
  ++list->count;
  if (static_cast<int64_t>(list->first.size()) >= kMaxProblems) return;
  list->first.push_back({position.line, position.column, std::string(column_name), std::move(message), fatal});
}

void ProblemCollector::ReturnTo(const Mark& mark) {
  fatal_.count = mark.fatal_count;
  hints_.count = mark.hint_count;
  if (static_cast<int64_t>(fatal_.first.size()) > fatal_.count) fatal_.first.resize(static_cast<size_t>(fatal_.count));
  if (static_cast<int64_t>(hints_.first.size()) > hints_.count) hints_.first.resize(static_cast<size_t>(hints_.count));
}

void ProblemCollector::MoveTo(ReadResult* result) {
  result->fatal_count = fatal_.count;
  result->problem_count = fatal_.count + hints_.count;
  std::vector<DataProblem>& problems = result->problems;
  problems = std::move(fatal_.first);
  for (DataProblem& hint : hints_.first) {
    if (static_cast<int64_t>(problems.size()) < kMaxProblems) problems.push_back(std::move(hint));
  }
  std::stable_sort(problems.begin(), problems.end(), [](const DataProblem& a, const DataProblem& b) {
    return std::make_pair(a.line, a.column) < std::make_pair(b.line, b.column);
  });
  *this = {};
}

absl::Status FatalProblems(const ReadResult& result) {
  if (result.fatal_count == 0) return absl::OkStatus();
  constexpr size_t kShown = 5;
  std::vector<std::string> texts;
  const DataProblem* first = nullptr;
  for (const DataProblem& problem : result.problems) {
    if (!problem.fatal || texts.size() == kShown) continue;
    if (first == nullptr) first = &problem;
    const std::string line = problem.line == 0 ? "" : absl::StrCat("line ", problem.line);
    const std::string column = problem.column == 0 ? "" : absl::StrCat(", column ", problem.column);
    texts.push_back(absl::StrCat(line, column, line.empty() ? "" : ": ", problem.message));
  }
  const int64_t more = result.fatal_count - static_cast<int64_t>(texts.size());
  if (more > 0) texts.push_back(absl::StrCat("and ", more, more == 1 ? " problem more" : " problems more"));
  return MakeError(ErrorReason::kInvalidData, absl::StrJoin(texts, "; "),
                   {{"line", absl::StrCat(first->line)},
                    {"column", absl::StrCat(first->column)},
                    {"problem_count", absl::StrCat(result.fatal_count)}});
}

}  // namespace descent::core
