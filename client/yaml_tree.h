// YAML or JSON text as a tree that knows where everything stands. YAML 1.2 is a superset of JSON, so one reader does
// both.
//
// Only what a spec needs is read: one document of mappings, lists and scalars. Anchors, aliases and tags are refused,
// so that a small file cannot stand for a huge one, and size, depth and number of nodes are bounded.
#ifndef DESCENT_CLIENT_YAML_TREE_H_
#define DESCENT_CLIENT_YAML_TREE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace descent::client {

// Bounds of ParseYaml.
inline constexpr int kMaxYamlBytes = 1 << 20;
inline constexpr int kMaxYamlDepth = 32;
inline constexpr int kMaxYamlNodes = 200'000;

// A place in a source. `source` is an index that the caller of ParseYaml chose; lines and columns count from 1, columns
// in bytes.
struct YamlPlace {
  int source = 0;
  int line = 1;
  int column = 1;
};

// A node. A plain struct; a tree is at most kMaxYamlDepth deep.
struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  YamlPlace place;
  std::string text;                                  // kScalar
  std::vector<YamlNode> items;                       // kList
  std::vector<std::pair<YamlNode, YamlNode>> pairs;  // kMap, in the order of the text, duplicate keys included

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }
};

// Reads one document; empty text gives a null node. On failure the message is what is wrong, and *error_place where.
absl::StatusOr<YamlNode> ParseYaml(absl::string_view text, int source, YamlPlace* error_place);

}  // namespace descent::client

#endif  // DESCENT_CLIENT_YAML_TREE_H_
