#include "client/cli/text.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "core/base/format.h"

namespace descent::cli {
namespace {

// `waits for capacity` of `STATE_REASON_WAITS_FOR_CAPACITY`.
std::string EnumText(absl::string_view name, absl::string_view prefix) {
  absl::ConsumePrefix(&name, prefix);
  if (name == "UNSPECIFIED") return "";
  return absl::AsciiStrToLower(absl::StrReplaceAll(name, {{"_", " "}}));
}

bool ContinuesCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string NumberText(double value) { return core::RoundedText(value, 4); }

std::string CountText(int64_t count) {
  const std::string digits = absl::StrCat(count);
  const size_t sign = count < 0 ? 1 : 0;
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > sign && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

std::string ShortCountText(double count) {
  static constexpr std::array<const char*, 5> kUnits = {"", "k", "M", "G", "T"};
  size_t unit = 0;
  while (count >= 999.5 && unit + 1 < kUnits.size()) {
    count /= 1000;
    ++unit;
  }
  const bool has_fraction = count < 99.95 && (unit > 0 || count != std::floor(count));
  return absl::StrFormat("%.*f%s", has_fraction ? 1 : 0, count, kUnits[unit]);
}

std::string BytesText(int64_t bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(bytes);
  size_t unit = 0;
  while (amount >= 1023.95 && unit + 1 < kUnits.size()) {
    amount /= 1024;
    ++unit;
  }
  return absl::StrFormat("%.*f %s", unit == 0 ? 0 : 1, amount, kUnits[unit]);
}

std::string DurationText(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "-";
  if (seconds < 9.95) return absl::StrFormat("%.1f s", seconds);
  if (seconds > 1e12) return "very long";
  const int64_t whole = std::llround(seconds);
  if (whole < 60) return absl::StrCat(whole, " s");
  if (whole < 3600) return absl::StrCat(whole / 60, " min ", whole % 60, " s");
  if (whole < 86400) return absl::StrCat(whole / 3600, " h ", whole % 3600 / 60, " min");
  return absl::StrCat(whole / 86400, " d ", whole % 86400 / 3600, " h");
}

std::string TimeText(const google::protobuf::Timestamp& time, absl::TimeZone zone) {
  if (time.seconds() == 0 && time.nanos() == 0) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixSeconds(time.seconds()), zone);
}

std::string StateText(v1::JobState state) { return EnumText(v1::JobState_Name(state), "JOB_STATE_"); }
std::string ReasonText(v1::StateReason reason) { return EnumText(v1::StateReason_Name(reason), "STATE_REASON_"); }
std::string ReasonText(v1::TerminationReason reason) {
  return EnumText(v1::TerminationReason_Name(reason), "TERMINATION_REASON_");
}

std::string ShellCommand(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) {
    const bool is_plain = !word.empty() && absl::c_all_of(word, [](char c) {
      return absl::ascii_isalnum(c) || absl::StrContains("-_./:=,@%+", absl::string_view(&c, 1));
    });
    quoted.push_back(is_plain ? word : absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'"));
  }
  return absl::StrJoin(quoted, " ");
}

int DisplayWidth(absl::string_view text) {
  int width = 0;
  for (const char c : text) width += ContinuesCharacter(c) ? 0 : 1;
  return width;
}

std::string Shorten(absl::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width <= 0) return "";
  size_t at = 0;
  for (int taken = 0; taken < width - 1; ++taken) {
    ++at;
    while (at < text.size() && ContinuesCharacter(text[at])) ++at;
  }
  return absl::StrCat(text.substr(0, at), "…");
}

}  // namespace descent::cli
