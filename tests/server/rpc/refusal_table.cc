#include "tests/server/rpc/refusal_table.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace descent::rpc {
namespace {

std::vector<std::string> LinesOf(const std::string& path) {
  std::ifstream file(absl::StrCat(std::getenv("DESCENT_SOURCE_DIR"), "/", path));
  EXPECT_TRUE(file.good()) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// `| a | ``b`` |` -> a, b. Empty when the line is no row.
std::vector<std::string> CellsOf(absl::string_view line) {
  std::vector<std::string> cells;
  if (!absl::ConsumePrefix(&line, "| ") || !absl::ConsumeSuffix(&line, " |")) return cells;
  for (absl::string_view cell : absl::StrSplit(line, " | ")) {
    cell = absl::StripAsciiWhitespace(cell);
    if (cell == "-") cell = "";
    if (cell.size() > 1 && cell[0] == '`' && cell.find('`', 1) == cell.size() - 1)
      cell = cell.substr(1, cell.size() - 2);
    cells.emplace_back(cell);
  }
  return cells;
}

std::set<std::string> Words(absl::string_view list) {
  return absl::StrSplit(list, absl::ByAnyChar(", "), absl::SkipEmpty());
}

// What stands in backticks; a cell of one such word has lost them.
std::set<std::string> Keys(absl::string_view cell) {
  if (!absl::StrContains(cell, '`'))
    return cell == "none" ? std::set<std::string>() : std::set<std::string>{std::string(cell)};
  std::set<std::string> keys;
  const std::vector<absl::string_view> parts = absl::StrSplit(cell, '`');
  for (size_t i = 1; i < parts.size(); i += 2) keys.emplace(parts[i]);
  return keys;
}

}  // namespace

ErrorDocument ReadErrorDocument() {
  ErrorDocument document;
  for (const std::string& line : LinesOf("docs/errors.md")) {
    std::vector<std::string> cells = CellsOf(line);
    if (cells.size() == 6 && cells[0] != "id") {
      document.refusals.push_back({cells[0], cells[1], cells[2], cells[3], cells[4], cells[5]});
    } else if (cells.size() == 5 && cells[0] != "reason") {
      EXPECT_TRUE(document.reasons.emplace(cells[0], ReasonRow{cells[1], Keys(cells[2])}).second) << line;
    }
  }
  return document;
}

std::map<std::string, ReasonRow> ReadReasonsOfProto() {
  std::map<std::string, ReasonRow> reasons;
  std::string comment;
  for (const std::string& line : LinesOf("proto/descent/v1/error_details.proto")) {
    absl::string_view text = absl::StripAsciiWhitespace(line);
    if (absl::ConsumePrefix(&text, "//")) {
      absl::StrAppend(&comment, text);
      continue;
    }
    if (absl::ConsumePrefix(&text, "ERROR_REASON_") && !absl::StartsWith(text, "UNSPECIFIED")) {
      const size_t begin = comment.rfind('[');
      const size_t end = comment.rfind(']');
      EXPECT_NE(begin, std::string::npos) << line;
      const std::pair<std::string, std::string> parts =
          absl::StrSplit(comment.substr(begin + 1, end - begin - 1), absl::MaxSplits("; ", 1));
      reasons[std::string(text.substr(0, text.find(' ')))] = {parts.first, Words(parts.second)};
    }
    comment.clear();
  }
  return reasons;
}

bool Matches(absl::string_view text, absl::string_view pattern) {
  const std::vector<absl::string_view> parts = absl::StrSplit(pattern, "...");
  if (parts.size() == 1) return text == pattern;
  if (!absl::ConsumePrefix(&text, parts.front()) || !absl::ConsumeSuffix(&text, parts.back())) return false;
  for (size_t i = 1; i + 1 < parts.size(); ++i) {
    const size_t found = text.find(parts[i]);
    if (found == absl::string_view::npos) return false;
    text.remove_prefix(found + parts[i].size());
  }
  return true;
}

}  // namespace descent::rpc
