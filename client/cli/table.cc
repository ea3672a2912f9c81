#include "client/cli/table.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/text.h"

namespace descent::cli {
namespace {

std::string WithoutControls(std::string text) {
  for (char& c : text) {
    if (absl::ascii_iscntrl(c)) c = ' ';
  }
  return text;
}

std::string Padding(int width) { return std::string(static_cast<size_t>(std::max(width, 0)), ' '); }

}  // namespace

Table::Table(std::vector<std::string> titles) : titles_(std::move(titles)) {
  for (std::string& title : titles_) {
    right_aligned_.push_back(title.starts_with('>'));
    if (right_aligned_.back()) title.erase(0, 1);
  }
}

void Table::AddRow(std::vector<std::string> cells) {
  cells.resize(titles_.size());
  for (std::string& cell : cells) cell = WithoutControls(std::move(cell));
  rows_.push_back(std::move(cells));
}

std::string Table::ToText() const {
  std::vector<int> widths;
  for (size_t column = 0; column < titles_.size(); ++column) {
    int width = DisplayWidth(titles_[column]);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[column]));
    widths.push_back(width);
  }
  std::string text;
  const auto append_row = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t column = 0; column < cells.size(); ++column) {
      const std::string padding = Padding(widths[column] - DisplayWidth(cells[column]));
      if (column > 0) line += "  ";
      line += right_aligned_[column] ? padding + cells[column] : cells[column] + padding;
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&text, line, "\n");
  };
  append_row(titles_);
  for (const auto& row : rows_) append_row(row);
  return text;
}

void FieldList::Add(const std::string& name, const std::string& value) {
  if (!value.empty()) fields_.emplace_back(name, WithoutControls(value));
}

std::string FieldList::ToText() const {
  int width = 0;
  for (const auto& [name, value] : fields_) width = std::max(width, DisplayWidth(name));
  std::string text;
  for (const auto& [name, value] : fields_) {
    absl::StrAppend(&text, name, Padding(width - DisplayWidth(name) + 2), value, "\n");
  }
  return text;
}

}  // namespace descent::cli
