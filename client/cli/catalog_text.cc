#include "client/cli/catalog_text.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/exit_code.h"
#include "client/cli/table.h"
#include "client/message_reader.h"
#include "core/base/format.h"
#include "core/base/suggest.h"

namespace descent::cli {
namespace {

std::string KindText(v1::CatalogKind kind) {
  const google::protobuf::EnumValueDescriptor* value = v1::CatalogKind_descriptor()->FindValueByNumber(kind);
  return value == nullptr ? "?" : client::ShortEnumName(value);
}

std::string TypeText(v1::FieldType type) {
  const google::protobuf::EnumValueDescriptor* value = v1::FieldType_descriptor()->FindValueByNumber(type);
  return value == nullptr ? "?" : client::ShortEnumName(value);
}

std::string PointText(const google::protobuf::RepeatedField<double>& point) {
  return absl::StrCat(
      "(",
      absl::StrJoin(point, ", ",
                    [](std::string* out, double value) { absl::StrAppend(out, core::ShortestText(value)); }),
      ")");
}

std::string DefaultText(const v1::CatalogField& field) {
  if (field.required()) return "required";
  return field.default_json().empty() ? "-" : field.default_json();
}

std::string FieldsText(const v1::CatalogEntry& entry) {
  Table table({"FIELD", "TYPE", "DEFAULT", "RANGE", "UNIT", "MEANING"});
  for (const v1::CatalogField& field : entry.fields()) {
    const std::string range = field.choices().empty() ? field.range() : absl::StrJoin(field.choices(), " | ");
    table.AddRow({field.name(), TypeText(field.type()), DefaultText(field), range, field.unit(), field.summary()});
  }
  return table.ToText();
}

std::string PresetsText(const v1::CatalogEntry& entry) {
  Table table({"PRESET", "OTHER DEFAULTS"});
  for (const v1::CatalogPreset& preset : entry.presets()) {
    const std::string values =
        absl::StrJoin(preset.values(), ", ", [](std::string* out, const v1::CatalogPresetValue& value) {
          absl::StrAppend(out, value.field(), ": ", value.value_json());
        });
    table.AddRow({preset.name(), values.empty() ? "-" : values});
  }
  return table.ToText();
}

}  // namespace

absl::StatusOr<v1::CatalogKind> ParseCatalogKind(absl::string_view word) {
  v1::CatalogKind kind = v1::CATALOG_KIND_UNSPECIFIED;
  v1::CatalogKind_Parse(absl::StrCat("CATALOG_KIND_", absl::AsciiStrToUpper(word)), &kind);
  if (kind != v1::CATALOG_KIND_UNSPECIFIED) return kind;
  std::vector<std::string> names;
  for (int i = 1; i < v1::CatalogKind_descriptor()->value_count(); ++i) {
    names.push_back(client::ShortEnumName(v1::CatalogKind_descriptor()->value(i)));
  }
  return UsageError(absl::StrCat("no such kind: ", word, core::Suggestion(word, names)));
}

std::string CatalogListText(const v1::Catalog& catalog) {
  Table table({"KIND", "NAME", "SUMMARY"});
  for (const v1::CatalogEntry& entry : catalog.entries()) {
    table.AddRow({KindText(entry.kind()), entry.name(), entry.summary()});
  }
  return table.ToText();
}

std::string CatalogEntryText(const v1::CatalogEntry& entry) {
  FieldList fields;
  fields.Add("kind", KindText(entry.kind()));
  fields.Add("name", entry.name());
  fields.Add("summary", entry.summary());
  fields.Add("formula", entry.formula());
  fields.Add("reference", entry.reference());
  fields.Add("unit", entry.unit());
  fields.Add("fits", absl::StrJoin(entry.fits(), ", "));
  if (!entry.default_start().empty()) fields.Add("starts at", PointText(entry.default_start()));
  for (const v1::KnownMinimum& minimum : entry.minima()) {
    fields.Add(minimum.is_global() ? "minimum" : "local minimum",
               absl::StrCat(core::ShortestText(minimum.value()), " at ", PointText(minimum.point())));
  }
  std::string text = fields.ToText();
  if (!entry.fields().empty()) absl::StrAppend(&text, "\n", FieldsText(entry));
  if (!entry.presets().empty()) absl::StrAppend(&text, "\n", PresetsText(entry));
  return text;
}

absl::StatusOr<v1::CatalogEntry> FindEntry(const v1::Catalog& catalog, absl::string_view name) {
  std::vector<std::string> names;
  for (const v1::CatalogEntry& entry : catalog.entries()) {
    if (entry.name() == name) return entry;
    names.push_back(entry.name());
  }
  return absl::NotFoundError(absl::StrCat("no such entry: ", name, core::Suggestion(name, names)));
}

}  // namespace descent::cli
