// Any bytes as a job spec: reading ends, in bounds, with errors in words; a spec that was read survives being written.
// DEPENDS: descent_client
#include <google/protobuf/util/message_differencer.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "client/spec_file.h"

namespace {

namespace client = descent::client;
using google::protobuf::util::MessageDifferencer;

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

void CheckRoundTrip(const client::SpecFile& file) {
  const std::string yaml = client::SpecToYaml(file.spec);
  const absl::StatusOr<client::SpecFile> again = client::ParseSpec("again", yaml);
  Require(again.ok(), "what is written can be read");
  MessageDifferencer differencer;
  differencer.set_message_field_comparison(MessageDifferencer::EQUIVALENT);
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  differencer.set_field_comparator(&comparator);
  Require(differencer.Compare(file.spec, again->spec), "the spec that was read again is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  // A first line `#set PATH=VALUE` is also a setting.
  std::vector<std::string> settings;
  constexpr absl::string_view kSetting = "#set ";
  if (text.starts_with("#set ")) {
    settings.push_back(text.substr(kSetting.size(), text.find('\n') - kSetting.size()));
  }
  const absl::StatusOr<client::SpecFile> file = client::ParseSpec("fuzz", text, settings);
  if (!file.ok()) {
    Require(!file.status().message().empty(), "errors are in words");
    return 0;
  }
  CheckRoundTrip(*file);
  return 0;
}
