// Numbers, times and names as people like to read them.
#ifndef DESCENT_CLIENT_CLI_TEXT_H_
#define DESCENT_CLIENT_CLI_TEXT_H_

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "descent/v1/job.pb.h"

namespace descent::cli {

// At most four significant digits: `0.06636`, `1.2e-09`, `nan`.
std::string NumberText(double value);
// With commas: `1,234,567`.
std::string CountText(int64_t count);
// `950`, `12.3k`, `2.1M`, `1.4G`: for rates.
std::string ShortCountText(double count);
// `12 B`, `1.5 KiB`, `20.0 MiB`.
std::string BytesText(int64_t bytes);
// `0.3 s`, `42 s`, `3 min 5 s`, `2 h 4 min`, `3 d 2 h`.
std::string DurationText(double seconds);
// `2024-05-01 12:34:56`; `-` when not set.
std::string TimeText(const google::protobuf::Timestamp& time, absl::TimeZone zone = absl::LocalTimeZone());

// `running`, `waits for capacity`, `target reached`: enum values without the prefix, in lower case, with blanks. Empty
// for the unspecified ones.
std::string StateText(v1::JobState state);
std::string ReasonText(v1::StateReason reason);
std::string ReasonText(v1::TerminationReason reason);

// The words as a shell takes them, quoted where that is needed.
std::string ShellCommand(const std::vector<std::string>& words);

// Columns that a text takes on a terminal: its characters, since all that is drawn here is one column wide.
int DisplayWidth(absl::string_view text);
// At most `width` columns; what is cut ends in `…`.
std::string Shorten(absl::string_view text, int width);

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_TEXT_H_
