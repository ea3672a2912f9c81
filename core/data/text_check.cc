#include "core/data/text_check.h"

#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace descent::core {
namespace {

struct Signature {
  absl::string_view bytes;
  absl::string_view what;
};

// How files begin that are often taken for CSV.
constexpr Signature kSignatures[] = {
    {absl::string_view("\xff\xfe", 2), "UTF-16 text; save it as UTF-8"},
    {absl::string_view("\xfe\xff", 2), "UTF-16 text; save it as UTF-8"},
    {absl::string_view("PK\x03\x04", 4), "a ZIP archive or a spreadsheet; export it as CSV"},
    {absl::string_view("\x1f\x8b", 2), "a gzip archive; unpack it first"},
    {absl::string_view("PAR1", 4), "a Parquet file; export it as CSV"},
    {absl::string_view("\x93NUMPY", 6), "a NumPy array; export it as CSV"},
    {absl::string_view("\xd0\xcf\x11\xe0", 4), "an Excel workbook; export it as CSV"},
};

// Bytes at the beginning of `text` that are ASCII and not NUL, in whole words; the last few bytes may be left.
size_t SkipPlainWords(absl::string_view text, size_t begin) {
  constexpr uint64_t kHigh = 0x8080808080808080u;
  constexpr uint64_t kLow = 0x0101010101010101u;
  for (; begin + sizeof(uint64_t) <= text.size(); begin += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, text.data() + begin, sizeof word);
    // The second term has its high bits set where a byte is zero.
    if (((word | (word - kLow)) & kHigh) != 0) break;
  }
  return begin;
}

// Follows lines to the places of bad bytes.
class LineCounter {
 public:
  explicit LineCounter(absl::string_view text) : text_(text) {}
  TextPosition Advance(size_t offset) {
    for (; next_ < offset; ++next_) {
      const bool before_line_feed = next_ + 1 < text_.size() && text_[next_ + 1] == '\n';
      if (text_[next_] == '\n' || (text_[next_] == '\r' && !before_line_feed)) {
        ++line_;
        line_begin_ = next_ + 1;
      }
    }
    return {line_, static_cast<int64_t>(offset - line_begin_) + 1};
  }

 private:
  absl::string_view text_;
  size_t next_ = 0;
  size_t line_begin_ = 0;
  int64_t line_ = 1;
};

}  // namespace

int Utf8Length(absl::string_view text) {
  const auto byte = [text](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&byte](size_t i) { return (byte(i) & 0xc0u) == 0x80u; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return follows(1) ? 2 : 0;
  if (first < 0xf0) {
    // Not longer than needed, and no surrogates.
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
    return follows(1) && follows(2) ? 3 : 0;
  }
  if (first > 0xf4 || (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
  return follows(1) && follows(2) && follows(3) ? 4 : 0;
}

absl::string_view CheckText(absl::string_view text, std::string* storage, ProblemCollector* problems) {
  for (const Signature& signature : kSignatures) {
    if (!absl::StartsWith(text, signature.bytes)) continue;
    problems->AddFatal({}, "", absl::StrCat("the bytes are no UTF-8 text but look like ", signature.what));
    return {};
  }
  if (absl::StartsWith(text, "\xef\xbb\xbf")) text.remove_prefix(3);
  LineCounter lines(text);
  int64_t last_line = 0;
  for (size_t i = SkipPlainWords(text, 0); i < text.size();) {
    const int length = text[i] == '\0' ? 0 : Utf8Length(text.substr(i, 4));
    if (length == 0) {
      if (storage->empty()) *storage = std::string(text);
      (*storage)[i] = '?';
      const TextPosition position = lines.Advance(i);
      if (position.line != last_line) {
        problems->AddFatal(position, "",
                           text[i] == '\0' ? std::string("a NUL byte; save the file as UTF-8 text without NUL bytes")
                                           : absl::StrFormat("byte 0x%02X is no UTF-8; save the file as UTF-8",
                                                             static_cast<unsigned char>(text[i])));
      }
      last_line = position.line;
      ++i;
    } else {
      i += static_cast<size_t>(length);
    }
    i = SkipPlainWords(text, i);
  }
  return storage->empty() ? text : absl::string_view(*storage);
}

}  // namespace descent::core
