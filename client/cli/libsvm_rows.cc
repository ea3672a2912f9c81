#include "client/cli/libsvm_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/utf8.h"
#include "core/base/status.h"

namespace descent::cli {
namespace {

constexpr absl::string_view kBlanks = " \t\r";
// The column that the server makes of the pairs of a libsvm file.
constexpr absl::string_view kFeatures = "features";

// Takes the next token off a line; empty at its end.
absl::string_view TakeToken(absl::string_view* line) {
  line->remove_prefix(std::min(line->size(), line->find_first_not_of(kBlanks)));
  const absl::string_view token = line->substr(0, line->find_first_of(kBlanks));
  line->remove_prefix(token.size());
  return token;
}

// Takes the next line off a text, without its comment.
absl::string_view TakeLine(absl::string_view* text) {
  const absl::string_view line = text->substr(0, text->find('\n'));
  text->remove_prefix(std::min(text->size(), line.size() + 1));
  return line.substr(0, line.find('#'));
}

// What is wrong with a pair, or nothing after it was added to the row.
std::string AddPair(absl::string_view token, int64_t first_index, SparseRow* row) {
  const size_t colon = token.find(':');
  const auto quoted = [](absl::string_view text) { return absl::StrCat("\"", text.substr(0, 40), "\""); };
  if (absl::StartsWith(token, "qid:")) return absl::StrCat(quoted(token), " groups rows for ranking; remove every qid");
  if (colon == absl::string_view::npos) return absl::StrCat(quoted(token), " is no index:value pair such as 3:0.5");
  const absl::string_view digits = token.substr(0, colon);
  int64_t index = 0;
  const bool is_whole = !digits.empty() && std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit);
  if (!is_whole || !absl::SimpleAtoi(digits, &index))
    return absl::StrCat("the index ", quoted(digits), " is no whole number");
  if (index < first_index) return "the index is 0; say --zero-based if indices count from 0, as for the dataset";
  index -= first_index;
  if (index > std::numeric_limits<int32_t>::max()) return absl::StrCat("the index ", digits, " is too large");
  if (!row->indices.empty() && index <= row->indices.back()) {
    return absl::StrCat("the index ", digits, " does not come after the one before; sort the row by index");
  }
  double value = 0;
  if (!absl::SimpleAtod(token.substr(colon + 1), &value) || !std::isfinite(value)) {
    return absl::StrCat("the value ", quoted(token.substr(colon + 1)), " of index ", digits, " is no finite number");
  }
  row->indices.push_back(static_cast<int32_t>(index));
  row->values.push_back(value);
  return "";
}

}  // namespace

bool LooksLikeLibsvm(absl::string_view name, absl::string_view text) {
  for (const absl::string_view suffix : {".svm", ".libsvm", ".svmlight"}) {
    if (absl::EndsWithIgnoreCase(name, suffix)) return true;
  }
  for (const absl::string_view suffix : {".csv", ".tsv"}) {
    if (absl::EndsWithIgnoreCase(name, suffix)) return false;
  }
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  while (!text.empty()) {
    absl::string_view line = TakeLine(&text);
    const absl::string_view label = TakeToken(&line);
    double number = 0;
    SparseRow row;
    if (!label.empty() && !absl::SimpleAtod(label, &number)) return AddPair(label, 0, &row).empty();
    const absl::string_view first = TakeToken(&line);
    if (!first.empty()) return AddPair(first, 0, &row).empty();
  }
  return false;
}

absl::StatusOr<RowsFile> ParseLibsvmRows(absl::string_view name, absl::string_view text, bool zero_based) {
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  RowsFile file;
  file.columns.emplace_back(kFeatures);
  for (int64_t number = 1; !text.empty(); ++number) {
    const absl::string_view line = TakeLine(&text);
    const auto error = [&](const char* at, absl::string_view message) {
      return absl::InvalidArgumentError(absl::StrCat(name, ":", number, ":", at - line.data() + 1, ": ", message));
    };
    if (const size_t bad = client::FirstInvalidUtf8(line); bad < line.size()) {
      return error(line.data() + bad, "is not UTF-8 text; save the file as UTF-8");
    }
    absl::string_view rest = line;
    absl::string_view token = TakeToken(&rest);
    if (token.empty()) continue;
    // The label.
    if (token.find(':') == absl::string_view::npos) token = TakeToken(&rest);
    SparseRow row;
    for (; !token.empty(); token = TakeToken(&rest)) {
      const std::string mistake = AddPair(token, zero_based ? 0 : 1, &row);
      if (!mistake.empty()) return error(token.data(), mistake);
    }
    file.sparse_rows.push_back(std::move(row));
  }
  if (!file.sparse_rows.empty()) return file;
  return absl::InvalidArgumentError(absl::StrCat(name, ": has no rows; write lines such as 1 3:0.5 17:2"));
}

}  // namespace descent::cli
