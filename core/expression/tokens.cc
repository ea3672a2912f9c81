#include "core/expression/tokens.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/data/number.h"
#include "core/data/text_check.h"

namespace descent::core {
namespace {

bool IsDigit(char character) { return character >= '0' && character <= '9'; }
bool BeginsName(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || character == '_';
}
bool ContinuesName(char character) { return BeginsName(character) || IsDigit(character); }
bool IsSpace(char character) { return character == ' ' || character == '\t' || character == '\n' || character == '\r'; }

// What to write instead of operators of other languages.
std::string SymbolError(absl::string_view rest) {
  switch (rest[0]) {
    case '=':
      return "\"=\" is no operator; a formula is fitted to a column with \"~\", as in y ~ a*x + b";
    case '[':
    case '{':
      return absl::StrCat("\"", rest.substr(0, 1), "\" is no operator; group with \"(\" and \")\"");
    case '%':
    case '<':
    case '>':
    case '!':
    case '&':
    case '|':
      return absl::StrCat("\"", rest.substr(0, 1), "\" is no operator; there are + - * / and ^");
    default:
      break;
  }
  const int length = Utf8Length(rest);
  if (length == 0 || rest[0] == '\0' || absl::ascii_iscntrl(static_cast<unsigned char>(rest[0]))) {
    return absl::StrCat("the byte 0x", absl::Hex(static_cast<uint8_t>(rest[0]), absl::kZeroPad2),
                        " is no part of a formula");
  }
  const absl::string_view character = rest.substr(0, static_cast<size_t>(length));
  return absl::StrCat("\"", character, "\" is no part of a formula",
                      length > 1 ? "; names with letters beyond a-z stand in backquotes" : "");
}

class Splitter {
 public:
  explicit Splitter(absl::string_view text) : text_(text) {}

  std::vector<Token> Split() {
    std::vector<Token> tokens;
    do {
      tokens.push_back(Next());
    } while (tokens.back().kind != TokenKind::kEnd && tokens.back().kind != TokenKind::kInvalid);
    return tokens;
  }

 private:
  char At(size_t position) const { return position < text_.size() ? text_[position] : '\0'; }

  Token Next() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    Token token;
    token.range = {at_, at_};
    if (at_ == text_.size()) return token;
    const char first = text_[at_];
    if (IsDigit(first) || (first == '.' && IsDigit(At(at_ + 1)))) return Number(token);
    if (BeginsName(first)) return Name(token);
    if (first == '`') return QuotedName(token);
    if (first == '*' && At(at_ + 1) == '*') return Invalid(token, "\"**\" is no operator; powers are written x^2");
    if (absl::string_view("+-*/^(),~").find(first) == absl::string_view::npos) {
      return Invalid(token, SymbolError(text_.substr(at_)));
    }
    token.kind = TokenKind::kSymbol;
    token.symbol = first;
    token.range.end = ++at_;
    return token;
  }

  Token Number(Token token) {
    size_t end = at_;
    while (IsDigit(At(end))) ++end;
    if (At(end) == '.') ++end;
    while (IsDigit(At(end))) ++end;
    if (At(end) == 'e' || At(end) == 'E') {
      const size_t digits = end + (At(end + 1) == '+' || At(end + 1) == '-' ? 2 : 1);
      if (IsDigit(At(digits))) {
        end = digits;
        while (IsDigit(At(end))) ++end;
      }
    }
    if (ParseNumber(text_.substr(at_, end - at_), &token.number) != NumberKind::kNumber) {
      return Invalid(token, "the number is beyond the largest, 1.797e308");
    }
    token.kind = TokenKind::kNumber;
    token.range.end = at_ = end;
    return token;
  }

  Token Name(Token token) {
    while (ContinuesName(At(at_))) ++at_;
    token.kind = TokenKind::kName;
    token.range.end = at_;
    token.name = std::string(text_.substr(token.range.begin, at_ - token.range.begin));
    return token;
  }

  Token QuotedName(Token token) {
    const size_t end = text_.find('`', at_ + 1);
    if (end == absl::string_view::npos) return Invalid(token, "the name in backquotes does not end");
    const absl::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    if (name.empty()) return Invalid(token, "there is no name between the backquotes");
    for (absl::string_view rest = name; !rest.empty();) {
      const int length = Utf8Length(rest);
      if (length == 0) return Invalid(token, "the name in backquotes is not UTF-8");
      rest.remove_prefix(static_cast<size_t>(length));
    }
    token.kind = TokenKind::kName;
    token.quoted = true;
    token.name = std::string(name);
    token.range.end = at_ = end + 1;
    return token;
  }

  static Token Invalid(Token token, std::string error) {
    token.kind = TokenKind::kInvalid;
    token.error = std::move(error);
    return token;
  }

  const absl::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::vector<Token> SplitFormula(absl::string_view text) { return Splitter(text).Split(); }

std::vector<size_t> CharacterStarts(absl::string_view text) {
  std::vector<size_t> starts;
  for (size_t at = 0; at < text.size();) {
    starts.push_back(at);
    const int length = Utf8Length(text.substr(at));
    at += length == 0 ? 1 : static_cast<size_t>(length);
  }
  return starts;
}

}  // namespace descent::core
