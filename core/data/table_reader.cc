#include "core/data/table_reader.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "core/data/csv_reader.h"
#include "core/data/libsvm_reader.h"
#include "core/data/number.h"

namespace descent::core {
namespace {

// Beyond so many bytes one stops looking.
constexpr size_t kSampleBytes = size_t{1} << 16;

// Takes the first token off a line: up to a blank.
absl::string_view TakeToken(absl::string_view* line) {
  line->remove_prefix(std::min(line->size(), line->find_first_not_of(" \t")));
  const absl::string_view token = line->substr(0, line->find_first_of(" \t"));
  line->remove_prefix(token.size());
  return token;
}

bool IsNumber(absl::string_view text) {
  double value = 0;
  return ParseNumber(text, &value) != NumberKind::kNone;
}

// Lists of labels count: they are refused in words.
bool IsLabel(absl::string_view token) {
  for (size_t comma = token.find(','); comma != absl::string_view::npos; comma = token.find(',')) {
    if (!IsNumber(token.substr(0, comma))) return false;
    token.remove_prefix(comma + 1);
  }
  return IsNumber(token);
}

// So do pairs that begin with qid.
bool IsPair(absl::string_view token) {
  const size_t colon = token.find(':');
  if (colon == absl::string_view::npos || !IsNumber(token.substr(colon + 1))) return false;
  const absl::string_view index = token.substr(0, colon);
  return index == "qid" || (!index.empty() && std::all_of(index.begin(), index.end(), absl::ascii_isdigit));
}

TextFormat GuessFormat(absl::string_view text, absl::string_view file_name) {
  for (const absl::string_view suffix : {".svm", ".libsvm", ".svmlight"}) {
    if (absl::EndsWithIgnoreCase(file_name, suffix)) return LibsvmFormat{};
  }
  for (const absl::string_view suffix : {".csv", ".tsv"}) {
    if (absl::EndsWithIgnoreCase(file_name, suffix)) return CsvFormat{};
  }
  if (LooksLikeLibsvm(text)) return LibsvmFormat{};
  return CsvFormat{};
}

// What a reader gave, as the result of whichever format.
template <typename Result>
TableResult Any(Result result) {
  TableResult any;
  any.format = std::move(result.format);
  static_cast<ReadResult&>(any) = std::move(static_cast<ReadResult&>(result));
  return any;
}

}  // namespace

bool LooksLikeLibsvm(absl::string_view text) {
  text = text.substr(0, kSampleBytes);
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");
  while (!text.empty()) {
    absl::string_view line = text.substr(0, text.find_first_of("\r\n"));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    line = line.substr(0, line.find('#'));
    const absl::string_view label = TakeToken(&line);
    if (label.empty()) continue;
    if (!IsLabel(label)) return false;
    const absl::string_view first = TakeToken(&line);
    if (!first.empty()) return IsPair(first);
  }
  return false;
}

TableResult ReadTable(absl::string_view text, absl::string_view file_name, const std::optional<TextFormat>& format,
                      const Schema& given, int64_t preview_rows, Violations* violations) {
  const TextFormat chosen = format.has_value() ? *format : GuessFormat(text, file_name);
  if (const LibsvmFormat* libsvm = std::get_if<LibsvmFormat>(&chosen); libsvm != nullptr) {
    return Any(ReadLibsvm(text, *libsvm, given, preview_rows, violations));
  }
  return Any(ReadCsv(text, std::get<CsvFormat>(chosen), given, preview_rows, violations));
}

}  // namespace descent::core
