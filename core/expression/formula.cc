// Operator precedence with an explicit stack, after Dijkstra's shunting yard ("ALGOL 60 translation", 1961).
#include "core/expression/formula.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status.h"
#include "core/base/suggest.h"
#include "core/expression/tape_builder.h"
#include "core/expression/tokens.h"

namespace descent::core {
namespace {

// How an operator binds: more is tighter.
constexpr int kSumBinding = 1;
constexpr int kProductBinding = 2;
constexpr int kSignBinding = 3;
constexpr int kPowerBinding = 4;

constexpr size_t kLongestShownWord = 40;

struct BinaryOperator {
  Operation operation;
  int binding;
};

const BinaryOperator* FindBinary(const Token& token) {
  static constexpr BinaryOperator kAdd = {Operation::kAdd, kSumBinding};
  static constexpr BinaryOperator kSubtract = {Operation::kSubtract, kSumBinding};
  static constexpr BinaryOperator kMultiply = {Operation::kMultiply, kProductBinding};
  static constexpr BinaryOperator kDivide = {Operation::kDivide, kProductBinding};
  static constexpr BinaryOperator kPower = {Operation::kPower, kPowerBinding};
  if (token.kind != TokenKind::kSymbol) return nullptr;
  switch (token.symbol) {
    case '+':
      return &kAdd;
    case '-':
      return &kSubtract;
    case '*':
      return &kMultiply;
    case '/':
      return &kDivide;
    case '^':
      return &kPower;
    default:
      return nullptr;
  }
}

// What waits for its right operand, or for its ")".
struct Pending {
  enum class Kind { kSign, kBinary, kParenthesis, kCall };
  Kind kind = Kind::kParenthesis;
  SourceRange range;  // of its token
  Operation operation = Operation::kConstant;
  int binding = 0;       // of kSign and kBinary
  std::string function;  // of kCall, as written
  int commas = 0;        // of kCall, so far
};

struct Operand {
  int32_t slot = 0;
  SourceRange range;
};

class Parser {
 public:
  explicit Parser(absl::string_view text) : text_(text), tokens_(SplitFormula(text)) {}

  absl::StatusOr<Formula> Parse() {
    formula_.text = std::string(text_);
    TakeTarget();
    bool operand_next = true;
    for (;; ++at_) {
      const Token& token = tokens_[at_];
      if (token.kind == TokenKind::kInvalid) return Error(token.range.begin, token.error);
      if (pending_.size() > kMaxFormulaDepth) {
        return Error(token.range.begin, absl::StrCat("nested more than ", kMaxFormulaDepth, " deep"));
      }
      if (nodes_ > kMaxFormulaNodes) {
        return Error(token.range.begin, absl::StrCat("the formula has more than ", kMaxFormulaNodes,
                                                     " numbers, names, operators and functions"));
      }
      if (operand_next) {
        DESCENT_ASSIGN_OR_RETURN(operand_next, TakeOperand(token));
        continue;
      }
      if (token.kind == TokenKind::kEnd) break;
      DESCENT_ASSIGN_OR_RETURN(operand_next, TakeOperator(token));
    }
    DESCENT_RETURN_IF_ERROR(Reduce(0));
    if (!pending_.empty()) {
      return Error(text_.size(), absl::StrCat("expected \")\" to close the \"(\" at column ",
                                              ColumnOf(pending_.back().range.end - 1), ", found the end"));
    }
    formula_.tape = builder_.Finish(operands_.back().slot);
    return std::move(formula_);
  }

 private:
  absl::Status Error(size_t position, absl::string_view message) const {
    return absl::InvalidArgumentError(FormulaMessage(text_, position, message));
  }
  size_t ColumnOf(size_t position) const { return CharacterStarts(text_.substr(0, position)).size() + 1; }

  // A token in words of an error.
  std::string Show(const Token& token) const {
    if (token.kind == TokenKind::kEnd) return "the end";
    const absl::string_view word = text_.substr(token.range.begin, token.range.end - token.range.begin);
    if (word.size() <= kLongestShownWord) return absl::StrCat("\"", word, "\"");
    return token.kind == TokenKind::kNumber ? "a number" : "a name";
  }

  void TakeTarget() {
    if (tokens_[0].kind != TokenKind::kName || !tokens_[1].Is('~')) return;
    formula_.has_target = true;
    formula_.target = tokens_[0].name;
    formula_.target_range = tokens_[0].range;
    at_ = 2;
  }

  // Takes a token where an operand begins. Gives whether an operand is still to come.
  absl::StatusOr<bool> TakeOperand(const Token& token) {
    if (token.kind == TokenKind::kNumber) {
      Push(builder_.Constant(token.number, token.range), token.range);
      return false;
    }
    if (token.kind == TokenKind::kName) return TakeName(token);
    if (token.Is('+')) return true;
    if (token.Is('-')) {
      ++nodes_;
      pending_.push_back({.kind = Pending::Kind::kSign,
                          .range = token.range,
                          .operation = Operation::kNegate,
                          .binding = kSignBinding,
                          .function = ""});
      return true;
    }
    if (token.Is('(')) {
      pending_.push_back({.kind = Pending::Kind::kParenthesis, .range = token.range, .function = ""});
      return true;
    }
    if (token.Is('~')) return MisplacedTilde(token);
    return Error(token.range.begin, absl::StrCat("expected a number, a name or \"(\", found ", Show(token)));
  }

  absl::StatusOr<bool> TakeName(const Token& token) {
    const bool called = tokens_[at_ + 1].Is('(');
    const FormulaFunction* function = token.quoted ? nullptr : FindFormulaFunction(token.name);
    if (function != nullptr && called) {
      ++nodes_;
      const SourceRange through_parenthesis = {token.range.begin, tokens_[at_ + 1].range.end};
      pending_.push_back({.kind = Pending::Kind::kCall,
                          .range = through_parenthesis,
                          .operation = function->operation,
                          .function = token.name});
      ++at_;
      return true;
    }
    if (function != nullptr) {
      return Error(token.range.end, absl::StrCat("expected \"(\" after the function ", token.name,
                                                 "; a column or parameter of that name stands in backquotes"));
    }
    if (called) return NoFunction(token);
    const double* constant = token.quoted ? nullptr : FindFormulaConstant(token.name);
    if (constant != nullptr) {
      Push(builder_.Constant(*constant, token.range), token.range);
      return false;
    }
    const auto [place, added] = name_index_.try_emplace(token.name, static_cast<int32_t>(formula_.names.size()));
    if (added) {
      formula_.names.push_back(token.name);
      formula_.name_ranges.push_back(token.range);
    }
    Push(builder_.Name(place->second, token.range), token.range);
    return false;
  }

  absl::Status NoFunction(const Token& token) const {
    const std::vector<std::string> names = FormulaFunctionNames();
    const std::string nearest = NearestName(token.name, names);
    const std::string hint =
        nearest.empty() ? absl::StrCat("to multiply write \"*\"; the functions are ", absl::StrJoin(names, ", "))
                        : absl::StrCat("did you mean \"", nearest, "\"?");
    return Error(token.range.begin, absl::StrCat("there is no function ", Show(token), "; ", hint));
  }

  // Takes a token after an operand. Gives whether an operand comes next.
  absl::StatusOr<bool> TakeOperator(const Token& token) {
    if (const BinaryOperator* binary = FindBinary(token)) {
      // Of equal operators the left one goes first, except powers.
      const bool right_first = binary->binding == kPowerBinding;
      DESCENT_RETURN_IF_ERROR(Reduce(right_first ? kPowerBinding + 1 : binary->binding));
      ++nodes_;
      pending_.push_back({.kind = Pending::Kind::kBinary,
                          .range = token.range,
                          .operation = binary->operation,
                          .binding = binary->binding,
                          .function = ""});
      return true;
    }
    if (token.Is(',')) {
      DESCENT_RETURN_IF_ERROR(Reduce(0));
      if (pending_.empty() || pending_.back().kind != Pending::Kind::kCall) {
        return Error(token.range.begin, "\",\" stands between the arguments of a function only");
      }
      ++pending_.back().commas;
      return true;
    }
    if (token.Is(')')) return Close(token);
    if (token.Is('~')) return MisplacedTilde(token);
    return Error(token.range.begin,
                 absl::StrCat("expected an operator, found ", Show(token), "; to multiply write \"*\""));
  }

  absl::StatusOr<bool> Close(const Token& token) {
    DESCENT_RETURN_IF_ERROR(Reduce(0));
    if (pending_.empty()) return Error(token.range.begin, "there is no \"(\" that this \")\" would close");
    const Pending open = std::move(pending_.back());
    pending_.pop_back();
    const SourceRange whole = {open.range.begin, token.range.end};
    if (open.kind == Pending::Kind::kParenthesis) {
      operands_.back().range = whole;
      return false;
    }
    const int arity = InfoOf(open.operation).arity;
    if (open.commas + 1 != arity) {
      return Error(open.range.begin,
                   absl::StrCat(open.function, " takes ", arity, arity == 1 ? " argument" : " arguments", ", found ",
                                open.commas + 1));
    }
    const int32_t right = arity == 2 ? Pop().slot : -1;
    DESCENT_RETURN_IF_ERROR(Apply(open.operation, Pop().slot, right, whole));
    return false;
  }

  absl::Status MisplacedTilde(const Token& token) const {
    return Error(token.range.begin, "\"~\" stands once, after the name of the column to fit: y ~ a*x + b");
  }

  // Applies what waits on top of the stack and binds at least so tightly.
  absl::Status Reduce(int binding) {
    while (!pending_.empty() && pending_.back().binding > 0 && pending_.back().binding >= binding) {
      const Pending top = std::move(pending_.back());
      pending_.pop_back();
      const Operand last = Pop();
      if (top.kind == Pending::Kind::kSign) {
        DESCENT_RETURN_IF_ERROR(Apply(top.operation, last.slot, -1, {top.range.begin, last.range.end}));
        continue;
      }
      const Operand first = Pop();
      DESCENT_RETURN_IF_ERROR(Apply(top.operation, first.slot, last.slot, {first.range.begin, last.range.end}));
    }
    return absl::OkStatus();
  }

  absl::Status Apply(Operation operation, int32_t left, int32_t right, SourceRange range) {
    const int32_t slot = builder_.Apply(operation, left, right, range);
    operands_.push_back({slot, range});
    if (!builder_.IsConstant(slot) || std::isfinite(builder_.ConstantOf(slot))) return absl::OkStatus();
    return Error(range.begin, std::isnan(builder_.ConstantOf(slot)) ? "this is not a number whatever the parameters are"
                                                                    : "this is infinite whatever the parameters are");
  }

  void Push(int32_t slot, SourceRange range) {
    ++nodes_;
    operands_.push_back({slot, range});
  }
  Operand Pop() {
    const Operand operand = operands_.back();
    operands_.pop_back();
    return operand;
  }

  const absl::string_view text_;
  const std::vector<Token> tokens_;
  size_t at_ = 0;
  Formula formula_;
  TapeBuilder builder_;
  absl::flat_hash_map<std::string, int32_t> name_index_;
  std::vector<Pending> pending_;
  std::vector<Operand> operands_;
  int64_t nodes_ = 0;
};

}  // namespace

absl::StatusOr<Formula> ParseFormula(absl::string_view text) {
  if (text.size() > kMaxFormulaBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("has ", text.size(), " bytes, at most ", kMaxFormulaBytes, " are allowed"));
  }
  return Parser(text).Parse();
}

std::string FormulaMessage(absl::string_view text, size_t position, absl::string_view message) {
  // What is shown of a long formula: so many characters on either side.
  constexpr size_t kShown = 40;
  const std::vector<size_t> starts = CharacterStarts(text);
  const size_t character =
      static_cast<size_t>(std::lower_bound(starts.begin(), starts.end(), position) - starts.begin());
  const size_t first = character > kShown ? character - kShown : 0;
  const size_t last = std::min(starts.size(), character + kShown);
  std::string line = first > 0 ? "..." : "";
  const size_t caret = line.size() + character - first;
  for (size_t i = first; i < last; ++i) {
    const size_t end = i + 1 < starts.size() ? starts[i + 1] : text.size();
    const absl::string_view one = text.substr(starts[i], end - starts[i]);
    const auto byte = static_cast<unsigned char>(one[0]);
    const bool printable = one.size() > 1 || (byte >= 0x20 && byte < 0x7f);
    absl::StrAppend(&line, printable ? one : byte == '\t' || byte == '\n' || byte == '\r' ? " " : "?");
  }
  if (last < starts.size()) line += "...";
  return absl::StrCat("column ", character + 1, ": ", message, "\n  ", line, "\n  ", std::string(caret, ' '), "^");
}

bool HasKinks(const Formula& formula) { return FirstKink(formula).has_value(); }

std::optional<size_t> FirstKink(const Formula& formula) {
  const std::vector<Operation>& operations = formula.tape.operations;
  const auto kink = std::find_if(operations.begin(), operations.end(), [](Operation operation) {
    return operation == Operation::kAbs || operation == Operation::kMin || operation == Operation::kMax;
  });
  if (kink == operations.end()) return std::nullopt;
  return static_cast<size_t>(kink - operations.begin());
}

}  // namespace descent::core
