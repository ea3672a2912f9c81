#include "server/convert/catalog.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/fields.h"
#include "core/base/format.h"
#include "core/functions/function.h"
#include "core/initializers/initializer.h"
#include "core/losses/loss.h"
#include "core/models/model.h"
#include "core/optimizers/optimizer.h"
#include "core/regularizers/regularizer.h"
#include "core/schedules/schedule.h"
#include "core/training/averaging.h"
#include "core/training/evaluation.h"
#include "core/training/job_spec.h"
#include "core/training/step_block.h"

namespace descent::convert {
namespace {

using core::FieldInfo;
using core::FieldType;

v1::FieldType TypeOf(FieldType type) {
  switch (type) {
    case FieldType::kNumber:
      return v1::FIELD_TYPE_NUMBER;
    case FieldType::kInteger:
      return v1::FIELD_TYPE_INTEGER;
    case FieldType::kBoolean:
      return v1::FIELD_TYPE_BOOLEAN;
    case FieldType::kText:
      return v1::FIELD_TYPE_TEXT;
    case FieldType::kChoice:
      return v1::FIELD_TYPE_CHOICE;
    case FieldType::kInterval:
      return v1::FIELD_TYPE_INTERVAL;
    case FieldType::kNumberList:
      return v1::FIELD_TYPE_NUMBER_LIST;
    case FieldType::kIntegerList:
      return v1::FIELD_TYPE_INTEGER_LIST;
  }
  return v1::FIELD_TYPE_UNSPECIFIED;
}

std::string DefaultJson(const FieldInfo& field) {
  if (field.default_kind != core::Default::kValue) return "";
  switch (field.type) {
    case FieldType::kBoolean:
      return field.default_value != 0 ? "true" : "false";
    case FieldType::kChoice:
      return absl::StrCat("\"", field.choices[static_cast<size_t>(field.default_value)], "\"");
    case FieldType::kInterval:
      return absl::StrCat("{\"steps\": ", static_cast<int64_t>(field.default_value), "}");
    case FieldType::kInteger:
      return absl::StrCat(static_cast<int64_t>(field.default_value));
    default:
      return core::ShortestText(field.default_value);
  }
}

bool HasRange(const FieldInfo& field) {
  return field.type != FieldType::kBoolean && field.type != FieldType::kChoice && field.type != FieldType::kText;
}

void AddFields(absl::Span<const FieldInfo> fields, v1::CatalogEntry* entry) {
  for (const FieldInfo& field : fields) {
    v1::CatalogField* added = entry->add_fields();
    added->set_name(std::string(field.name));
    added->set_type(TypeOf(field.type));
    added->set_summary(std::string(field.summary));
    added->set_default_json(DefaultJson(field));
    if (HasRange(field)) added->set_range(core::RangeText(field.range));
    added->set_unit(std::string(field.unit));
    for (const absl::string_view choice : field.choices) added->add_choices(std::string(choice));
    added->set_required(field.default_kind == core::Default::kRequired);
  }
}

// Collects the entries of the kinds that are wanted.
class Builder {
 public:
  explicit Builder(v1::CatalogKind wanted) : wanted_(wanted) {}

  // Null when nobody wants it.
  v1::CatalogEntry* Add(v1::CatalogKind kind, absl::string_view name, absl::string_view summary,
                        absl::string_view formula = {}, absl::string_view reference = {}) {
    if (wanted_ != v1::CATALOG_KIND_UNSPECIFIED && wanted_ != kind) return nullptr;
    v1::CatalogEntry* entry = catalog_.add_entries();
    entry->set_kind(kind);
    entry->set_name(std::string(name));
    entry->set_summary(std::string(summary));
    entry->set_formula(std::string(formula));
    entry->set_reference(std::string(reference));
    return entry;
  }
  v1::CatalogEntry* AddKind(v1::CatalogKind kind, const core::KindInfo& info) {
    v1::CatalogEntry* entry = Add(kind, info.name, info.summary, info.formula, info.reference);
    if (entry != nullptr) AddFields(info.fields, entry);
    return entry;
  }
  template <typename Infos>
  void AddFamily(v1::CatalogKind kind, const Infos& infos) {
    for (const auto* info : infos) AddKind(kind, info->kind);
  }
  v1::Catalog Take() { return std::move(catalog_); }

 private:
  const v1::CatalogKind wanted_;
  v1::Catalog catalog_;
};

void AddFunctions(Builder* builder) {
  for (const core::FunctionInfo& info : core::Functions()) {
    v1::CatalogEntry* entry =
        builder->Add(v1::CATALOG_KIND_FUNCTION, info.name, info.summary, info.formula, info.reference);
    if (entry == nullptr) return;
    for (const double value : info.default_start) entry->add_default_start(value);
    for (const core::KnownMinimum& minimum : info.minima) {
      v1::KnownMinimum* added = entry->add_minima();
      for (const double value : minimum.point) added->add_point(value);
      added->set_value(minimum.value);
      added->set_is_global(minimum.is_global);
    }
  }
}

bool Fits(const core::MetricInfo& metric, core::Task task) {
  for (const core::Task other : metric.tasks) {
    if (other == task) return true;
  }
  return false;
}

void AddModels(Builder* builder) {
  for (const core::ModelInfo* info : core::Models()) {
    v1::CatalogEntry* entry = builder->AddKind(v1::CATALOG_KIND_MODEL, info->kind);
    if (entry == nullptr) return;
    for (const absl::string_view loss : info->losses) entry->add_fits(std::string(loss));
    for (const core::MetricInfo& metric : core::Metrics()) {
      bool fits = false;
      for (const absl::string_view loss : info->losses) fits = fits || Fits(metric, core::FindLoss(loss)->task);
      if (fits) entry->add_fits(std::string(metric.name));
    }
  }
}

}  // namespace

v1::Catalog MakeCatalog(v1::CatalogKind kind) {
  Builder builder(kind);
  builder.AddFamily(v1::CATALOG_KIND_OPTIMIZER, core::Optimizers());
  builder.AddFamily(v1::CATALOG_KIND_SCHEDULE, core::Schedules());
  builder.AddKind(v1::CATALOG_KIND_SCHEDULE, core::WarmupInfo());
  AddModels(&builder);
  builder.AddFamily(v1::CATALOG_KIND_LOSS, core::Losses());
  builder.AddFamily(v1::CATALOG_KIND_PENALTY, core::Regularizers());
  builder.AddFamily(v1::CATALOG_KIND_INITIALIZER, core::Initializers());
  AddFunctions(&builder);
  for (const core::ColumnInfo& column : core::Columns()) {
    v1::CatalogEntry* entry = builder.Add(v1::CATALOG_KIND_COLUMN, column.name, column.summary);
    if (entry != nullptr) entry->set_unit(column.unit);
  }
  for (const core::MetricInfo& metric : core::Metrics()) {
    v1::CatalogEntry* entry = builder.Add(v1::CATALOG_KIND_METRIC, metric.name, metric.summary, metric.formula);
    if (entry != nullptr) entry->set_unit(std::string(metric.unit));
  }
  for (const core::KindInfo* info : core::Batches()) builder.AddKind(v1::CATALOG_KIND_BATCH, *info);
  for (const core::KindInfo* info : core::Averages()) builder.AddKind(v1::CATALOG_KIND_AVERAGE, *info);
  for (const core::KindInfo* info : core::Policies()) builder.AddKind(v1::CATALOG_KIND_POLICY, *info);
  return builder.Take();
}

}  // namespace descent::convert
