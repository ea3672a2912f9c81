// Filters and orders of ListJobs.
#include <cctype>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/suggest.h"
#include "server/convert/job.h"
#include "server/convert/spec.h"

namespace descent::convert {
namespace {

using Field = jobs::JobCondition::Field;

// Reads `FIELD = VALUE AND FIELD != "VALUE" ...`; never recursive, so the input's shape cannot exhaust anything.
class FilterParser {
 public:
  FilterParser(absl::string_view text, core::Violations* violations) : text_(text), violations_(violations) {}

  std::vector<jobs::JobCondition> Parse() {
    std::vector<jobs::JobCondition> conditions;
    while (true) {
      jobs::JobCondition condition;
      if (!ParseField(&condition) || !ParseOperator(&condition) || !ParseValue(&condition)) return {};
      conditions.push_back(std::move(condition));
      SkipSpace();
      if (position_ == text_.size()) return conditions;
      if (!absl::EqualsIgnoreCase(Word(), "AND")) {
        Fail("expected AND or the end");
        return {};
      }
    }
  }

 private:
  bool Fail(absl::string_view what,
            absl::string_view advice = "; write for example: state = RUNNING AND labels.team = \"a\"") {
    violations_->Add("filter", absl::StrCat(what, " at byte ", start_ + 1, " (",
                                            start_ < text_.size() ? absl::StrCat("\"", text_.substr(start_, 40), "\"")
                                                                  : std::string("the end"),
                                            ")", advice));
    return false;
  }

  void SkipSpace() {
    while (position_ < text_.size() && absl::ascii_isspace(static_cast<unsigned char>(text_[position_]))) ++position_;
    start_ = position_;
  }

  // Letters, digits and what names consist of.
  absl::string_view Word() {
    SkipSpace();
    while (position_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[position_]);
      if (!absl::ascii_isalnum(c) && c != '_' && c != '-' && c != '.' && c != '/') break;
      ++position_;
    }
    return text_.substr(start_, position_ - start_);
  }

  bool ParseField(jobs::JobCondition* condition) {
    absl::string_view word = Word();
    if (word == "state") {
      condition->field = Field::kState;
    } else if (word == "owner") {
      condition->field = Field::kOwner;
    } else if (word == "dataset") {
      condition->field = Field::kDataset;
    } else if (absl::ConsumePrefix(&word, "labels.") && !word.empty()) {
      condition->field = Field::kLabel;
      condition->label = std::string(word);
    } else {
      return Fail("expected a field (state, owner, dataset or labels.KEY)");
    }
    return true;
  }

  bool ParseOperator(jobs::JobCondition* condition) {
    SkipSpace();
    const absl::string_view rest = text_.substr(position_);
    condition->negated = absl::StartsWith(rest, "!=");
    if (!condition->negated && !absl::StartsWith(rest, "=")) return Fail("expected = or !=");
    position_ += condition->negated ? 2 : 1;
    return true;
  }

  bool ParseValue(jobs::JobCondition* condition) {
    SkipSpace();
    if (position_ < text_.size() && text_[position_] == '"') {
      const size_t end = text_.find('"', position_ + 1);
      if (end == absl::string_view::npos) return Fail("unterminated quote");
      condition->value = std::string(text_.substr(position_ + 1, end - position_ - 1));
      position_ = end + 1;
    } else {
      condition->value = std::string(Word());
      if (condition->value.empty()) return Fail("expected a value");
    }
    return Check(condition);
  }

  bool Check(jobs::JobCondition* condition) {
    if (condition->field == Field::kDataset) {
      condition->value = std::string(absl::StripPrefix(condition->value, "datasets/"));
    }
    if (condition->field != Field::kState) return true;
    const std::string name = absl::AsciiStrToUpper(absl::StripPrefix(condition->value, "JOB_STATE_"));
    const jobs::JobState state = jobs::JobStateFromName(name);
    if (state == jobs::JobState::kUnspecified) {
      return Fail("unknown state",
                  core::Suggestion(name, {"QUEUED", "RUNNING", "PAUSED", "SUCCEEDED", "FAILED", "CANCELLED"}));
    }
    condition->value = absl::StrCat(static_cast<int>(state));
    return true;
  }

  const absl::string_view text_;
  core::Violations* const violations_;
  size_t position_ = 0;
  size_t start_ = 0;  // of the present token
};

}  // namespace

std::vector<jobs::JobCondition> ParseFilter(absl::string_view filter, core::Violations* violations) {
  if (absl::StripAsciiWhitespace(filter).empty()) return {};
  if (filter.size() > 4096) {
    violations->Add("filter", absl::StrCat("has ", filter.size(), " bytes, at most 4096 are allowed"));
    return {};
  }
  return FilterParser(filter, violations).Parse();
}

void ParseOrder(absl::string_view order_by, jobs::JobQuery* query, core::Violations* violations) {
  const std::vector<std::string> words = absl::StrSplit(absl::StripAsciiWhitespace(order_by), ' ', absl::SkipEmpty());
  if (words.empty()) return;
  const bool known_direction = words.size() == 1 || (words.size() == 2 && (words[1] == "desc" || words[1] == "asc"));
  query->descending = words.size() == 2 && words[1] == "desc";
  if (words[0] == "create_time") {
    query->order = jobs::JobQuery::Order::kCreateTime;
  } else if (words[0] == "end_time") {
    query->order = jobs::JobQuery::Order::kEndTime;
  } else if (words[0] == "name") {
    query->order = jobs::JobQuery::Order::kName;
  } else {
    violations->Add("order_by", absl::StrCat("cannot order by \"", words[0].substr(0, 100), "\"",
                                             core::Suggestion(words[0], {"create_time", "end_time", "name"})));
    return;
  }
  if (!known_direction) {
    violations->Add("order_by", absl::StrCat("must be a field and at most one of asc and desc, was \"",
                                             order_by.substr(0, 100), "\""));
  }
}

}  // namespace descent::convert
