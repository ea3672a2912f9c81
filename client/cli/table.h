// Rows of text in aligned columns.
#ifndef DESCENT_CLIENT_CLI_TABLE_H_
#define DESCENT_CLIENT_CLI_TABLE_H_

#include <string>
#include <vector>

namespace descent::cli {

// A table with a heading, columns two blanks apart. A title that begins with `>` aligns its column to the right.
//
//   Table table({"NAME", ">ROWS"});
//   table.AddRow({"iris", "150"});
//   out << table.ToText();
class Table {
 public:
  explicit Table(std::vector<std::string> titles);

  // As many cells as titles. Control characters are shown as blanks: a cell may come from anybody's file.
  void AddRow(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  // The heading and the rows, each line ended; nothing trails a line.
  std::string ToText() const;

 private:
  std::vector<bool> right_aligned_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::string> titles_;
};

// Names and values in two columns, for one resource. Empty values are left out.
class FieldList {
 public:
  void Add(const std::string& name, const std::string& value);
  std::string ToText() const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_TABLE_H_
