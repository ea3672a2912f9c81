#include "client/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "client/utf8.h"

namespace descent::client {
namespace {

// Builds the tree from the parser's events. After the first error it ignores what follows.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(int source) : source_(source) {}

  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }
  YamlPlace error_place() const { return error_place_; }
  YamlNode TakeRoot() { return std::move(root_); }
  YamlPlace PlaceOf(const YAML::Mark& mark) const { return {source_, mark.line + 1, mark.column + 1}; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (Accept(mark, "?", anchor)) Attach(NodeAt(YamlNode::Kind::kNull, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Fail(mark, "aliases (*name) are not read here; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!Accept(mark, tag, anchor)) return;
    YamlNode node = NodeAt(YamlNode::Kind::kScalar, mark);
    node.text = value;
    Attach(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (Accept(mark, tag, anchor)) Open(NodeAt(YamlNode::Kind::kList, mark));
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (Accept(mark, tag, anchor)) Open(NodeAt(YamlNode::Kind::kMap, mark));
  }
  void OnMapEnd() override { Close(); }

 private:
  // A mapping or list that is not closed yet; `key` is one that waits for its value.
  struct OpenNode {
    YamlNode node;
    absl::optional<YamlNode> key;
  };

  YamlNode NodeAt(YamlNode::Kind kind, const YAML::Mark& mark) const {
    YamlNode node;
    node.kind = kind;
    node.place = PlaceOf(mark);
    return node;
  }

  void Fail(const YAML::Mark& mark, absl::string_view message) {
    if (failed()) return;
    error_ = std::string(message);
    error_place_ = PlaceOf(mark);
  }

  bool Accept(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) Fail(mark, "anchors (&name) are not read here; write the value out");
    // The parser calls plain scalars `?` and quoted ones `!`.
    if (!tag.empty() && tag != "?" && tag != "!") Fail(mark, absl::StrCat("tags (", tag, ") are not read here"));
    if (++node_count_ > kMaxYamlNodes) Fail(mark, absl::StrCat("more than ", kMaxYamlNodes, " values"));
    return !failed();
  }

  void Open(YamlNode node) {
    if (open_.size() >= kMaxYamlDepth) {
      error_ = absl::StrCat("nested deeper than ", kMaxYamlDepth, " levels");
      error_place_ = node.place;
      return;
    }
    open_.push_back({std::move(node), absl::nullopt});
  }

  void Close() {
    if (failed() || open_.empty()) return;
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Attach(std::move(node));
  }

  void Attach(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.node.is_list()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key.has_value()) {
      parent.key = std::move(node);
    } else {
      parent.node.pairs.emplace_back(*std::move(parent.key), std::move(node));
      parent.key.reset();
    }
  }

  const int source_;
  std::vector<OpenNode> open_;
  YamlNode root_;
  int node_count_ = 0;
  std::string error_;
  YamlPlace error_place_;
};

// Line and column of a byte.
YamlPlace PlaceOfByte(absl::string_view text, size_t byte, int source) {
  YamlPlace place{source, 1, 1};
  for (size_t i = 0; i < byte; ++i) {
    ++place.column;
    if (text[i] == '\n') place = {source, place.line + 1, 1};
  }
  return place;
}

}  // namespace

absl::StatusOr<YamlNode> ParseYaml(absl::string_view text, int source, YamlPlace* error_place) {
  *error_place = {source, 1, 1};
  if (text.size() > kMaxYamlBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("has ", text.size(), " bytes; at most ", kMaxYamlBytes, " are read"));
  }
  const size_t bad_byte = FirstInvalidUtf8(text);
  if (bad_byte < text.size() || text.find('\0') != absl::string_view::npos) {
    *error_place = PlaceOfByte(text, std::min(bad_byte, text.find('\0')), source);
    return absl::InvalidArgumentError("is not UTF-8 text; save the file as UTF-8");
  }
  TreeBuilder builder(source);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    if (builder.failed()) {
      *error_place = builder.error_place();
      return absl::InvalidArgumentError(builder.error());
    }
    TreeBuilder second(source);
    if (parser.HandleNextDocument(second)) return absl::InvalidArgumentError("holds more than one document");
  } catch (const YAML::Exception& error) {
    if (builder.failed()) {
      *error_place = builder.error_place();
      return absl::InvalidArgumentError(builder.error());
    }
    // What is missing at the end (`end of map not found`) has no mark of its own.
    const bool at_end = error.mark.is_null() || absl::StartsWith(error.msg, "end of ");
    *error_place = at_end ? PlaceOfByte(text, text.size(), source) : builder.PlaceOf(error.mark);
    return absl::InvalidArgumentError(absl::StrCat("is not valid YAML or JSON: ", error.msg));
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("is not valid YAML or JSON: ", error.what()));
  }
  return builder.TakeRoot();
}

}  // namespace descent::client
