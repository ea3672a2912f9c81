#include "client/utf8.h"

#include <cstdint>

namespace descent::client {
namespace {

// Bytes of the character that begins with `lead`, and the range of its second byte; length 0: no character begins so.
struct Lead {
  size_t length;
  uint8_t second_low;
  uint8_t second_high;
};

Lead LeadOf(uint8_t lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xC2) return {0, 0, 0};
  if (lead < 0xE0) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead < 0xF0) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead < 0xF4) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

size_t FirstInvalidUtf8(absl::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const Lead lead = LeadOf(static_cast<uint8_t>(text[at]));
    if (lead.length == 0 || lead.length > text.size() - at) return at;
    for (size_t i = 1; i < lead.length; ++i) {
      const uint8_t byte = static_cast<uint8_t>(text[at + i]);
      const uint8_t low = i == 1 ? lead.second_low : 0x80;
      const uint8_t high = i == 1 ? lead.second_high : 0xBF;
      if (byte < low || byte > high) return at;
    }
    at += lead.length;
  }
  return at;
}

}  // namespace descent::client
