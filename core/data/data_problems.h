// Collects what is wrong with a file while it is read.
#ifndef DESCENT_CORE_DATA_DATA_PROBLEMS_H_
#define DESCENT_CORE_DATA_DATA_PROBLEMS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/data/read_result.h"

namespace descent::core {

// A byte of a file.
struct TextPosition {
  int64_t line = 0;    // from 1; 0 means the whole file
  int64_t column = 0;  // byte in the line, from 1; 0 means the line

  auto operator<=>(const TextPosition&) const = default;
};

// At most so many bytes of a text, without cutting a character.
absl::string_view CutText(absl::string_view text, size_t bytes);

// A text from a file as it stands in a message: in quotes, cut after 40 bytes at a character, control characters
// and what is no UTF-8 escaped.
std::string Quoted(absl::string_view text);

// Keeps the first kMaxProblems fatal and the first kMaxProblems other problems and counts the rest, so that hostile
// files cost no memory and hints never crowd out errors. Thread-safety: like a plain struct.
class ProblemCollector {
 public:
  void AddFatal(TextPosition position, absl::string_view column_name, std::string message) {
    Add(&fatal_, position, column_name, std::move(message), true);
  }
  void AddHint(TextPosition position, absl::string_view column_name, std::string message) {
    Add(&hints_, position, column_name, std::move(message), false);
  }
  int64_t fatal_count() const { return fatal_.count; }

  // What has been added, to be taken back by ReturnTo.
  struct Mark {
    int64_t fatal_count = 0;
    int64_t hint_count = 0;
  };
  Mark mark() const { return {fatal_.count, hints_.count}; }
  void ReturnTo(const Mark& mark);

  // Moves the problems into a result, fatal ones first chosen, all in the order of the file.
  void MoveTo(ReadResult* result);

 private:
  struct List {
    std::vector<DataProblem> first;
    int64_t count = 0;
  };
  static void Add(List* list, TextPosition position, absl::string_view column_name, std::string message, bool fatal);

  List fatal_;
  List hints_;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_DATA_PROBLEMS_H_
