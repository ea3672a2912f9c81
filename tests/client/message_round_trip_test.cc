// Every field that a spec has, in every alternative, survives being written and read.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/spec_file.h"

namespace descent::client {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::MessageDifferencer;

// Fills every field; of a oneof the member whose index is `choice`, modulo how many there are.
void Populate(int choice, Message* message) {
  const Descriptor* type = message->GetDescriptor();
  const Reflection* reflection = message->GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field->real_containing_oneof() != nullptr) {
      const auto* oneof = field->real_containing_oneof();
      if (oneof->field(choice % oneof->field_count()) != field) continue;
    }
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (field->is_repeated() && !field->is_map()) {
          // Two of them, with other alternatives.
          for (int more = 0; more < 2; ++more) Populate(choice + more, reflection->AddMessage(message, field));
        } else if (field->is_map()) {
          for (const char* key : {"b", "a-1"}) {
            Message* entry = reflection->AddMessage(message, field);
            entry->GetReflection()->SetString(entry, field->message_type()->map_key(), key);
            const FieldDescriptor* value = field->message_type()->map_value();
            if (value->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
              entry->GetReflection()->SetDouble(entry, value, key[0] == 'a' ? 0.1 : 1e-300);
            } else {
              entry->GetReflection()->SetString(entry, value, absl::StrCat("tab\t, \"quotes\", \\, ü, 12, ", key));
            }
          }
        } else {
          Populate(choice, reflection->MutableMessage(message, field));
        }
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        if (field->is_repeated()) {
          for (const double value : {0.1, -1e-300, 5e-324, 3.0}) reflection->AddDouble(message, field, value);
        } else {
          reflection->SetDouble(message, field, 1.0 / (3 + choice));
        }
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        if (field->is_repeated()) {
          for (const int64_t value : {int64_t{1}, int64_t{-2}}) reflection->AddInt64(message, field, value);
        } else {
          reflection->SetInt64(message, field, std::numeric_limits<int64_t>::min() + choice);
        }
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        reflection->SetUInt64(message, field, std::numeric_limits<uint64_t>::max() - choice);
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        reflection->SetBool(message, field, true);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection->SetEnum(message, field,
                            field->enum_type()->value(1 + choice % (field->enum_type()->value_count() - 1)));
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        reflection->SetString(message, field, choice % 2 == 0 ? "datasets/iris-2" : "0.5");
        break;
      default:
        FAIL() << "MessageReader and SpecToYaml must learn the type of " << field->full_name();
    }
  }
}

TEST(MessageRoundTripTest, EveryFieldOfASpec) {
  constexpr int kMostAlternatives = 64;  // more than any family has kinds
  for (int choice = 0; choice < kMostAlternatives; ++choice) {
    v1::JobSpec spec;
    Populate(choice, &spec);
    const std::string yaml = SpecToYaml(spec);
    const absl::StatusOr<SpecFile> file = ParseSpec("s.yaml", yaml);
    ASSERT_TRUE(file.ok()) << file.status() << "\n" << yaml;
    std::string difference;
    MessageDifferencer differencer;
    differencer.ReportDifferencesToString(&difference);
    EXPECT_TRUE(differencer.Compare(spec, file->spec)) << difference << yaml;
  }
}

TEST(MessageRoundTripTest, NumbersThatAreNone) {
  v1::JobSpec spec;
  spec.mutable_stopping()->set_target_objective(-std::numeric_limits<double>::infinity());
  spec.mutable_stopping()->set_max_seconds(std::numeric_limits<double>::infinity());
  spec.mutable_stopping()->set_gradient_tolerance(std::numeric_limits<double>::quiet_NaN());
  const absl::StatusOr<SpecFile> file = ParseSpec("s.yaml", SpecToYaml(spec));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->spec.SerializeAsString(), spec.SerializeAsString());
}

}  // namespace
}  // namespace descent::client
