// The typed messages of the API and core's tables are two views of one thing: here they are compared.
#include "server/convert/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/initializers/initializer.h"
#include "core/losses/loss.h"
#include "core/models/model.h"
#include "core/optimizers/optimizer.h"
#include "core/regularizers/regularizer.h"
#include "core/schedules/schedule.h"
#include "core/training/averaging.h"
#include "core/training/clipping.h"
#include "core/training/guard.h"
#include "core/training/job_spec.h"
#include "core/training/parameter_groups.h"
#include "core/training/rate_reduction.h"
#include "descent/v1/job_spec.pb.h"
#include "server/convert/spec.h"

namespace descent::convert {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ConfigTest, EveryFamilyOfMessagesIsItsTable) {
  EXPECT_THAT(Differences(*v1::Optimizer::descriptor(), KindsOf(core::Optimizers())), IsEmpty());
  EXPECT_THAT(Differences(*v1::Schedule::descriptor(), KindsOf(core::Schedules())), IsEmpty());
  EXPECT_THAT(Differences(*v1::Model::descriptor(), KindsOf(core::Models())), IsEmpty());
  EXPECT_THAT(Differences(*v1::Loss::descriptor(), KindsOf(core::Losses())), IsEmpty());
  EXPECT_THAT(Differences(*v1::Initialization::descriptor(), KindsOf(core::Initializers())), IsEmpty());
  EXPECT_THAT(Differences(*v1::Batch::descriptor(), core::Batches()), IsEmpty());
  EXPECT_THAT(Differences(*v1::Averaging::descriptor(), core::Averages()), IsEmpty());
}

TEST(ConfigTest, EveryPolicyMessageIsItsTable) {
  EXPECT_THAT(FieldDifferences(*v1::Warmup::descriptor(), core::WarmupInfo()), IsEmpty());
  EXPECT_THAT(FieldDifferences(*v1::ReduceOnPlateau::descriptor(), core::ReduceOnPlateauInfo()), IsEmpty());
  EXPECT_THAT(FieldDifferences(*v1::GradientClipping::descriptor(), core::ClippingInfo()), IsEmpty());
  EXPECT_THAT(FieldDifferences(*v1::Guard::descriptor(), core::GuardInfo()), IsEmpty());
  EXPECT_THAT(FieldDifferences(*v1::ParameterGroup::descriptor(), core::ParameterGroupInfo()), IsEmpty());
  EXPECT_THAT(FieldDifferences(*v1::Preprocessing::descriptor(), core::PreprocessingInfo()), IsEmpty());
  EXPECT_THAT(FieldDifferences(*v1::Stopping::descriptor(), core::StoppingInfo()), IsEmpty());
  EXPECT_THAT(FieldDifferences(*v1::Plateau::descriptor(), core::PlateauInfo()), IsEmpty());
  EXPECT_THAT(FieldDifferences(*v1::EarlyStopping::descriptor(), core::EarlyStoppingInfo()), IsEmpty());
  EXPECT_THAT(FieldDifferences(*v1::EvaluationPolicy::descriptor(), core::EvaluationInfo()), IsEmpty());
  EXPECT_THAT(FieldDifferences(*v1::RecordPolicy::descriptor(), core::RecordInfo()), IsEmpty());
  EXPECT_THAT(FieldDifferences(*v1::Execution::descriptor(), core::ExecutionInfo()), IsEmpty());
  for (const core::RegularizerInfo* info : core::Regularizers()) {
    const auto* field = v1::Regularization::descriptor()->FindFieldByName(std::string(info->kind.name));
    ASSERT_NE(field, nullptr) << info->kind.name;
    EXPECT_THAT(FieldDifferences(*field->message_type(), info->kind), IsEmpty());
  }
  EXPECT_EQ(v1::Regularization::descriptor()->field_count(), static_cast<int>(core::Regularizers().size()));
}

TEST(ConfigTest, FormulasSurviveTheWire) {
  core::JobSpec spec;
  spec.formula.emplace();
  spec.formula->expression = "y ~ a*exp(-`b c`*t)";
  spec.formula->dataset = "decay";
  spec.formula->dataset_version = "sha256:0";
  spec.formula->parameters = {{"a", 1.5, 0}, {"b c", 0.0, -1, 1}, {"d"}};
  spec.formula->loss = core::Config(&core::FindLoss("huber")->kind);
  spec.optimizer = core::Config(&core::FindOptimizer("adam")->kind);
  const absl::StatusOr<core::JobSpec> decoded = DecodeSpec(EncodeSpec(spec));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(decoded->formula == spec.formula);
}

// A table whose message has a field too few is noticed: the comparison is a real one.
TEST(ConfigTest, ADifferenceIsNoticed) {
  static constexpr core::FieldInfo kFields[] = {core::Number("learning_rate", "", 1, core::Positive()),
                                                core::Number("beta3", "", 1, core::Positive())};
  static constexpr core::KindInfo kInfo = {.name = "adam", .summary = "", .fields = kFields};
  EXPECT_FALSE(FieldDifferences(*v1::Adam::descriptor(), kInfo).empty());
}

TEST(ConfigTest, AResolvedSpecSurvivesTheWireUnchanged) {
  v1::JobSpec proto;
  proto.mutable_problem()->mutable_function()->set_name("rosenbrock");
  proto.mutable_optimizer()->mutable_rmsprop()->set_centered(true);
  proto.mutable_schedule()->mutable_step()->mutable_period()->set_steps(10);
  proto.mutable_schedule()->mutable_warmup()->mutable_length()->set_steps(5);
  proto.mutable_stopping()->mutable_plateau()->mutable_window()->set_steps(7);
  (*proto.mutable_labels())["team"] = "a";
  core::Violations violations;
  const core::JobSpec given = JobSpecFromProto(proto, "spec", &violations);
  core::ValidateSpec(given, "spec", &violations);
  const core::JobSpec resolved =
      core::ResolveSpec(given, {.parameter_count = 2}, {}, /*seed=*/18446744073709551615ull, "spec", &violations);
  ASSERT_TRUE(violations.empty()) << violations.ToStatus();
  const v1::JobSpec wire = JobSpecToProto(resolved);
  EXPECT_EQ(wire.seed(), 18446744073709551615ull);
  EXPECT_TRUE(JobSpecFromProto(wire, "spec", &violations) == resolved);
  EXPECT_TRUE(DecodeSpec(EncodeSpec(resolved)).value() == resolved);
}

TEST(ConfigTest, UnknownFieldsAreFoundAtAnyDepth) {
  v1::JobSpec proto;
  proto.mutable_optimizer()->mutable_adam()->set_beta1(0.9);
  proto.mutable_optimizer()
      ->mutable_adam()
      ->GetReflection()
      ->MutableUnknownFields(proto.mutable_optimizer()->mutable_adam())
      ->AddVarint(99, 1);
  core::Violations violations;
  FindUnknownFields(proto, "spec", &violations);
  ASSERT_EQ(violations.list().size(), 1u);
  EXPECT_EQ(violations.list()[0].field, "spec.optimizer.adam");
  EXPECT_THAT(violations.list()[0].description, testing::HasSubstr("field number 99"));
}

}  // namespace
}  // namespace descent::convert
