#include "client/spec_file.h"

#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/message_reader.h"
#include "client/yaml_tree.h"
#include "core/base/errors.h"
#include "core/base/status.h"

namespace descent::client {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr size_t kMaxErrorsShown = 50;

// The sources that places point into: the text first, then the settings.
struct Sources {
  std::string name;
  absl::Span<const std::string> settings;

  std::string TextOf(const YamlPlace& place) const {
    if (place.source > 0) return absl::StrCat("--set ", settings[place.source - 1]);
    return absl::StrCat(name, ":", place.line, ":", place.column);
  }
};

YamlNode MapAt(const YamlPlace& place) {
  YamlNode node;
  node.kind = YamlNode::Kind::kMap;
  node.place = place;
  return node;
}

// The value of a key, or null.
YamlNode* FindValue(YamlNode* map, absl::string_view key) {
  for (auto& [name, value] : map->pairs) {
    if (name.is_scalar() && name.text == key) return &value;
  }
  return nullptr;
}

// Takes away what the text says of a oneof from which a setting chooses another member.
void DropAlternatives(const FieldDescriptor* chosen, YamlNode* map) {
  if (chosen == nullptr || chosen->real_containing_oneof() == nullptr) return;
  const Descriptor* type = chosen->containing_type();
  std::erase_if(map->pairs, [&](const std::pair<YamlNode, YamlNode>& pair) {
    if (pair.first.place.source > 0) return false;
    const FieldDescriptor* other = type->FindFieldByName(pair.first.text);
    return other != nullptr && other != chosen && other->real_containing_oneof() == chosen->real_containing_oneof();
  });
}

// Puts a value at a path; makes the mappings on the way.
void Assign(const std::vector<std::string>& path, YamlNode value, const YamlPlace& place, YamlNode* node) {
  const Descriptor* type = v1::JobSpec::descriptor();
  for (size_t i = 0; i < path.size(); ++i) {
    const FieldDescriptor* field = type == nullptr ? nullptr : type->FindFieldByName(path[i]);
    type = field != nullptr && field->message_type() != nullptr ? field->message_type() : nullptr;
    if (!node->is_map()) *node = MapAt(place);
    DropAlternatives(field, node);
    YamlNode* next = FindValue(node, path[i]);
    if (next == nullptr) {
      YamlNode key;
      key.kind = YamlNode::Kind::kScalar;
      key.place = place;
      key.text = path[i];
      node->pairs.emplace_back(std::move(key), YamlNode{});
      next = &node->pairs.back().second;
    }
    node = next;
  }
  *node = std::move(value);
}

absl::Status ApplySettings(absl::Span<const std::string> settings, YamlNode* root) {
  for (size_t i = 0; i < settings.size(); ++i) {
    const std::string& setting = settings[i];
    const size_t equals = setting.find('=');
    const std::vector<std::string> path = absl::StrSplit(setting.substr(0, equals), '.');
    if (equals == std::string::npos || absl::c_linear_search(path, "") || path.size() > kMaxYamlDepth) {
      return absl::InvalidArgumentError(
          absl::StrCat("--set ", setting, ": must be PATH=VALUE, for example --set optimizer.adam.learning_rate=0.01"));
    }
    YamlPlace place{static_cast<int>(i) + 1, 1, 1};
    YamlPlace error_place;
    absl::StatusOr<YamlNode> value = ParseYaml(setting.substr(equals + 1), place.source, &error_place);
    if (!value.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("--set ", setting, ": the value ", value.status().message()));
    }
    Assign(path, *std::move(value), place, root);
  }
  return absl::OkStatus();
}

absl::Status ToStatus(const std::vector<MessageReader::Error>& errors, const Sources& sources) {
  std::vector<std::string> lines;
  for (const MessageReader::Error& error : errors) {
    if (lines.size() == kMaxErrorsShown) {
      lines.push_back(absl::StrCat("and ", errors.size() - kMaxErrorsShown, " more errors"));
      break;
    }
    lines.push_back(
        absl::StrCat(sources.TextOf(error.place), ": ", error.path, error.path.empty() ? "" : ": ", error.message));
  }
  return lines.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

absl::StatusOr<std::string> ReadStream(std::istream& stream, const std::string& name) {
  std::string text;
  char buffer[4096];
  // One byte more than is allowed tells ParseYaml that the file is too large.
  while (text.size() <= kMaxYamlBytes && (stream.read(buffer, sizeof buffer) || stream.gcount() > 0)) {
    text.append(buffer, static_cast<size_t>(stream.gcount()));
  }
  if (stream.bad()) return absl::InvalidArgumentError(absl::StrCat(name, ": cannot be read"));
  return text;
}

}  // namespace

absl::StatusOr<SpecFile> ParseSpec(absl::string_view name, absl::string_view text,
                                   absl::Span<const std::string> settings) {
  const Sources sources{std::string(name), settings};
  YamlPlace error_place;
  absl::StatusOr<YamlNode> root = ParseYaml(text, 0, &error_place);
  if (!root.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(sources.TextOf(error_place), ": ", root.status().message()));
  }
  if (root->is_null() && settings.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ":1:1: is empty; it must hold at least problem and optimizer"));
  }
  DESCENT_RETURN_IF_ERROR(ApplySettings(settings, &*root));
  SpecFile file;
  MessageReader reader;
  reader.Read(*root, &file.spec);
  DESCENT_RETURN_IF_ERROR(ToStatus(reader.errors(), sources));
  for (const auto& [path, place] : reader.places()) file.places[path] = sources.TextOf(place);
  return file;
}

absl::StatusOr<SpecFile> ReadSpecFile(const std::string& path, absl::Span<const std::string> settings) {
  if (path.empty()) return ParseSpec("", "", settings);
  const std::string name = path == "-" ? "standard input" : path;
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) {
      return absl::NotFoundError(absl::StrCat(path, ": cannot be opened; is the path right?"));
    }
  }
  DESCENT_ASSIGN_OR_RETURN(const std::string text, ReadStream(path == "-" ? std::cin : file, name));
  return ParseSpec(name, text, settings);
}

std::vector<std::string> PlaceViolations(const absl::Status& status, const SpecFile& file) {
  std::vector<std::string> lines;
  for (const core::Violation& violation : core::GetErrorInfo(status).violations) {
    absl::string_view path = violation.field;
    if (!absl::ConsumePrefix(&path, "spec.")) {
      lines.push_back(absl::StrCat(violation.field, ": ", violation.description));
      continue;
    }
    // A missing field stands nowhere; then the nearest mapping around it is shown.
    std::string place;
    for (absl::string_view known = path; place.empty();) {
      const auto it = file.places.find(std::string(known));
      if (it != file.places.end()) place = absl::StrCat(it->second, ": ");
      const size_t end = known.find_last_of(".[");
      if (end == absl::string_view::npos) break;
      known = known.substr(0, end);
    }
    lines.push_back(absl::StrCat(place, path, ": ", violation.description));
  }
  return lines;
}

}  // namespace descent::client
