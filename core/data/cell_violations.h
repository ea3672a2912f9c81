// What is wrong with the cells of one column of a request.
#ifndef DESCENT_CORE_DATA_CELL_VIOLATIONS_H_
#define DESCENT_CORE_DATA_CELL_VIOLATIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/base/errors.h"

namespace descent::core {

// The first few in full, and how many more when it goes. Thread-safety: like a plain struct.
class CellViolations {
 public:
  CellViolations(std::string path, Violations* violations) : path_(std::move(path)), violations_(violations) {}
  ~CellViolations() {
    const int64_t more = count_ - kMaxShown;
    if (more > 0) {
      violations_->Add(path_, absl::StrCat("has ", more, more == 1 ? " such value more" : " such values more"));
    }
  }
  CellViolations(const CellViolations&) = delete;
  CellViolations& operator=(const CellViolations&) = delete;

  // Whether there is still room for details.
  bool detailed() const { return count_ < kMaxShown; }
  void Add(size_t cell, absl::string_view description) {
    if (count_++ < kMaxShown) violations_->Add(absl::StrCat(path_, "[", cell, "]"), description);
  }

 private:
  // The pattern is clear then.
  static constexpr int64_t kMaxShown = 10;

  std::string path_;
  Violations* violations_;
  int64_t count_ = 0;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_CELL_VIOLATIONS_H_
