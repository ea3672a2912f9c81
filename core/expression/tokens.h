// The words of a formula.
#ifndef DESCENT_CORE_EXPRESSION_TOKENS_H_
#define DESCENT_CORE_EXPRESSION_TOKENS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/expression/formula.h"

namespace descent::core {

enum class TokenKind {
  kNumber,
  kName,
  kSymbol,   // one of + - * / ^ ( ) , ~
  kEnd,      // of the text; the last token
  kInvalid,  // no word of a formula; the last token
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  SourceRange range;
  double number = 0;
  std::string name;     // of kName, without backquotes
  bool quoted = false;  // it stood in backquotes
  char symbol = 0;
  std::string error;  // of kInvalid

  bool Is(char wanted) const { return kind == TokenKind::kSymbol && symbol == wanted; }
};

// Words up to the end or the first that is invalid.
std::vector<Token> SplitFormula(absl::string_view text);

// The characters of a text: where each begins; what is no UTF-8 counts a character a byte.
std::vector<size_t> CharacterStarts(absl::string_view text);

}  // namespace descent::core

#endif  // DESCENT_CORE_EXPRESSION_TOKENS_H_
