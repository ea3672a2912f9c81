// Turns a YAML tree into a message, by reflection: field names as in the proto, enums by their short lower-case names,
// an Interval as `100`, `100 steps` or `2 epochs`. Collects every error instead of stopping at the first.
#ifndef DESCENT_CLIENT_MESSAGE_READER_H_
#define DESCENT_CLIENT_MESSAGE_READER_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/yaml_tree.h"

namespace descent::client {

// Thread-safety: one thread. Example:
//   MessageReader reader;
//   reader.Read(tree, &spec);
//   if (!reader.errors().empty()) ...
class MessageReader {
 public:
  struct Error {
    YamlPlace place;
    std::string path;  // `optimizer.adam.beta1`; empty for the whole
    std::string message;
  };

  // Adds to `message` what the tree holds.
  void Read(const YamlNode& node, google::protobuf::Message* message);

  const std::vector<Error>& errors() const { return errors_; }
  // Where each field stands, by its path; lists also by element (`hidden_sizes[1]`). Of a scalar its value, of others
  // the key.
  const std::map<std::string, YamlPlace>& places() const { return places_; }

 private:
  using Field = google::protobuf::FieldDescriptor;

  void ReadMessage(const YamlNode& node, const std::string& path, google::protobuf::Message* message);
  void ReadField(const YamlNode& key, const YamlNode& value, const std::string& path, const Field* field,
                 google::protobuf::Message* message);
  void ReadMap(const YamlNode& node, const std::string& path, const Field* field, google::protobuf::Message* message);
  void ReadList(const YamlNode& node, const std::string& path, const Field* field, google::protobuf::Message* message);
  void ReadScalar(const YamlNode& node, const std::string& path, const Field* field,
                  google::protobuf::Message* message);
  void ReadInt64(const YamlNode& node, const std::string& path, const Field* field, google::protobuf::Message* message);
  void ReadUInt64(const YamlNode& node, const std::string& path, const Field* field,
                  google::protobuf::Message* message);
  void ReadDouble(const YamlNode& node, const std::string& path, const Field* field,
                  google::protobuf::Message* message);
  void ReadEnum(const YamlNode& node, const std::string& path, const Field* field, google::protobuf::Message* message);
  // `100`, `100 steps`, `2 epochs`.
  void ReadInterval(const YamlNode& node, const std::string& path, google::protobuf::Message* message);
  void AddError(const YamlNode& node, const std::string& path, absl::string_view message);

  std::vector<Error> errors_;
  std::map<std::string, YamlPlace> places_;
};

// `STANDARDIZE` of `SCALING_STANDARDIZE`, in lower case: the name that a spec uses.
std::string ShortEnumName(const google::protobuf::EnumValueDescriptor* value);

// Whether messages of this type may be written as `100 steps`.
bool IsInterval(const google::protobuf::Descriptor* type);

}  // namespace descent::client

#endif  // DESCENT_CLIENT_MESSAGE_READER_H_
