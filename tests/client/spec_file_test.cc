#include "client/spec_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"

namespace descent::client {
namespace {

using ::testing::ElementsAre;

std::string ErrorOf(const std::string& text, const std::vector<std::string>& settings = {}) {
  const absl::StatusOr<SpecFile> file = ParseSpec("s.yaml", text, settings);
  return file.ok() ? "no error" : std::string(file.status().message());
}

v1::JobSpec SpecOf(const std::string& text, const std::vector<std::string>& settings = {}) {
  const absl::StatusOr<SpecFile> file = ParseSpec("s.yaml", text, settings);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? file->spec : v1::JobSpec();
}

TEST(SpecFileTest, ReadsYaml) {
  const v1::JobSpec spec = SpecOf(R"(# A comment
problem:
  dataset:
    dataset: datasets/breast-cancer
    model: {logistic: {}}
    regularization:
      l2: {strength: 1e-3}
    preprocessing: {scaling: standardize}
optimizer:
  adam:
    learning_rate: 0.01
batch:
  mini_batch: {size: 64, shuffling: each_epoch}
seed: 18446744073709551615
precision: PRECISION_FLOAT32
stopping: {max_steps: 1e6, early_stopping: {patience: 5}}
labels: {team: a, "two words": "1"}
)");
  EXPECT_EQ(spec.problem().dataset().dataset(), "datasets/breast-cancer");
  EXPECT_TRUE(spec.problem().dataset().model().has_logistic());
  EXPECT_EQ(spec.problem().dataset().regularization().l2().strength(), 1e-3);
  EXPECT_EQ(spec.problem().dataset().preprocessing().scaling(), v1::SCALING_STANDARDIZE);
  EXPECT_EQ(spec.optimizer().adam().learning_rate(), 0.01);
  EXPECT_FALSE(spec.optimizer().adam().has_beta1());
  EXPECT_EQ(spec.batch().mini_batch().size(), 64);
  EXPECT_EQ(spec.batch().mini_batch().shuffling(), v1::SHUFFLING_EACH_EPOCH);
  EXPECT_EQ(spec.seed(), 18446744073709551615ULL);
  EXPECT_EQ(spec.precision(), v1::PRECISION_FLOAT32);
  EXPECT_EQ(spec.stopping().max_steps(), 1000000);
  EXPECT_EQ(spec.stopping().early_stopping().patience(), 5);
  EXPECT_EQ(spec.labels().at("two words"), "1");
}

TEST(SpecFileTest, ReadsJsonAsServersWriteIt) {
  const v1::JobSpec spec = SpecOf(R"({
	"problem": {"function": {"name": "rosenbrock"}},
	"initialization": {"given": {"values": [-1.2, 1]}},
	"optimizer": {"sgd": {"learning_rate": 1e-3, "nesterov": true, "velocity_form": "VELOCITY_FORM_RATE_INSIDE"}},
	"seed": "7", "stopping": {"max_steps": "2000", "plateau": {"window": {"steps": "100"}}},
	"labels": {"path": "a\/b"}
})");
  EXPECT_EQ(spec.problem().function().name(), "rosenbrock");
  EXPECT_THAT(spec.initialization().given().values(), ElementsAre(-1.2, 1));
  EXPECT_EQ(spec.optimizer().sgd().velocity_form(), v1::VELOCITY_FORM_RATE_INSIDE);
  EXPECT_TRUE(spec.optimizer().sgd().nesterov());
  EXPECT_EQ(spec.seed(), 7);
  EXPECT_EQ(spec.stopping().max_steps(), 2000);
  EXPECT_EQ(spec.stopping().plateau().window().steps(), 100);
  EXPECT_EQ(spec.labels().at("path"), "a/b");
}

TEST(SpecFileTest, AnEmptyMappingChoosesAKindWithItsDefaults) {
  const v1::JobSpec spec = SpecOf("problem: {dataset: {loss: {huber: }, model: {linear: {}}}}");
  EXPECT_TRUE(spec.problem().dataset().loss().has_huber());
  EXPECT_TRUE(spec.problem().dataset().model().has_linear());
}

TEST(SpecFileTest, ReadsIntervalsInEveryForm) {
  const auto window = [](const std::string& text) {
    return SpecOf(absl::StrCat("stopping: {plateau: {window: ", text, "}}")).stopping().plateau().window();
  };
  EXPECT_EQ(window("100").steps(), 100);
  EXPECT_EQ(window("1e3").steps(), 1000);
  EXPECT_EQ(window("1 step").steps(), 1);
  EXPECT_EQ(window("100 steps").steps(), 100);
  EXPECT_EQ(window("2 epochs").epochs(), 2);
  EXPECT_EQ(window("0.5 epochs").epochs(), 0.5);
  EXPECT_EQ(window("{steps: 7}").steps(), 7);
  EXPECT_EQ(window("{epochs: 1.5}").epochs(), 1.5);
}

struct Malformed {
  const char* text;
  const char* error;
};

TEST(SpecFileTest, EveryMistakeHasItsPlaceAndAWayOut) {
  const Malformed kCases[] = {
      {"", "s.yaml:1:1: is empty; it must hold at least problem and optimizer"},
      {"# only a comment\n", "s.yaml:1:1: is empty; it must hold at least problem and optimizer"},
      {"just words", "s.yaml:1:1: must be a mapping such as {problem: ...}, was \"just words\""},
      {"- a\n- b", "s.yaml:1:1: must be a mapping such as {problem: ...}, was a list"},
      {"optimiser: {}", "s.yaml:1:1: optimiser: a job spec has no such field; did you mean \"optimizer\"?"},
      {"optimizer:\n  adm: {}", "s.yaml:2:3: optimizer.adm: optimizer has no such field; did you mean \"adam\"?"},
      {"optimizer:\n  adam:\n    learningRate: 1",
       "s.yaml:3:5: optimizer.adam.learningRate: optimizer.adam has no such field; did you mean \"learning_rate\"?"},
      {"batch: {quite_other: {}}",
       "s.yaml:1:9: batch.quite_other: batch has no such field; one of: full, one_row, mini_batch"},
      {"optimizer:\n  adam: {}\n  sgd: {}",
       "s.yaml:3:3: optimizer.sgd: cannot be together with optimizer.adam; keep one of them"},
      {"seed: 1\nprecision: float64\nseed: 2", "s.yaml:3:1: seed: is given twice; the first is in line 1"},
      {"optimizer: {adam: {beta1: fast}}", "s.yaml:1:27: optimizer.adam.beta1: must be a number, was \"fast\""},
      {"optimizer: {adam: {beta1: [0.9]}}", "s.yaml:1:27: optimizer.adam.beta1: must be a number, was a list"},
      {"optimizer: {adam: {beta1: {a: 1}}}", "s.yaml:1:27: optimizer.adam.beta1: must be a number, was a mapping"},
      {"optimizer: {adam: {beta1: }}", "s.yaml:1:20: optimizer.adam.beta1: has no value"},
      {"optimizer: {adam: {beta1: ~}}", "s.yaml:1:20: optimizer.adam.beta1: has no value"},
      {"optimizer: {adam: {beta1: 1e400}}",
       "s.yaml:1:27: optimizer.adam.beta1: must be at most 1.797e308 in magnitude, was \"1e400\""},
      {"optimizer: {adam: {beta1: 0x10}}", "s.yaml:1:27: optimizer.adam.beta1: must be a number, was \"0x10\""},
      {"optimizer: {adam: {beta1: 1_000}}", "s.yaml:1:27: optimizer.adam.beta1: must be a number, was \"1_000\""},
      {"optimizer: {adam: 0.1}",
       "s.yaml:1:19: optimizer.adam: must be a mapping such as {learning_rate: ...}, was \"0.1\""},
      {"stopping: {max_steps: 1.5}",
       "s.yaml:1:23: stopping.max_steps: must be a whole number in [-9223372036854775808, 9223372036854775807], was "
       "\"1.5\""},
      {"stopping: {max_steps: 9223372036854775808}",
       "s.yaml:1:23: stopping.max_steps: must be a whole number in [-9223372036854775808, 9223372036854775807], was "
       "\"9223372036854775808\""},
      {"seed: -1", "s.yaml:1:7: seed: must be a whole number in [0, 18446744073709551615], was \"-1\""},
      {"optimizer: {sgd: {nesterov: yes}}", "s.yaml:1:29: optimizer.sgd.nesterov: must be true or false, was \"yes\""},
      {"precision: single", "s.yaml:1:12: precision: must be a known word, was \"single\"; one of: float32, float64"},
      {"precision: flot32", "s.yaml:1:12: precision: must be a known word, was \"flot32\"; did you mean \"float32\"?"},
      {"precision: unspecified",
       "s.yaml:1:12: precision: must be a known word, was \"unspecified\"; one of: float32, float64"},
      {"precision: {}", "s.yaml:1:12: precision: must be a word, was a mapping"},
      {"initialization: {given: {values: 1}}",
       "s.yaml:1:34: initialization.given.values: must be a list such as [1, 2], was \"1\""},
      {"initialization: {given: {values: [1, x]}}",
       "s.yaml:1:38: initialization.given.values[1]: must be a number, was \"x\""},
      {"stopping: {plateau: {window: 3 weeks}}",
       "s.yaml:1:30: stopping.plateau.window: must be a length such as `100 steps` or `2 epochs`, was \"3 weeks\""},
      {"stopping: {plateau: {window: 1.5 steps}}",
       "s.yaml:1:30: stopping.plateau.window: must be a length such as `100 steps` or `2 epochs`, was \"1.5 steps\""},
      {"problem: {function: {name: [a]}}", "s.yaml:1:28: problem.function.name: must be a text, was a list"},
      {"labels: 3", "s.yaml:1:9: labels: must be a mapping such as {team: a}, was \"3\""},
      {"labels: {a: 1, a: 2}", "s.yaml:1:16: labels.a: is given twice"},
      {"labels: {a: }", "s.yaml:1:10: labels.a: has no value"},
      {"labels: {a: [1]}", "s.yaml:1:13: labels.a: must be a text, was a list"},
      {"? [a]\n: b", "s.yaml:1:3: field names must be plain words"},
      {"a: &x 1\nb: *x", "s.yaml:1:4: anchors (&name) are not read here; write the value out"},
      {"a: !!str 1", "s.yaml:1:4: tags (tag:yaml.org,2002:str) are not read here"},
      {"a: [1, 2", "s.yaml:1:9: is not valid YAML or JSON: end of sequence flow not found"},
      {"a: \"open", "s.yaml:1:9: is not valid YAML or JSON: illegal EOF in scalar"},
      {"a: 1\n b: 2", "s.yaml:2:3: is not valid YAML or JSON: illegal map value"},
      {"seed: 1\n---\nseed: 2", "s.yaml:1:1: holds more than one document"},
      {"seed: \xff", "s.yaml:1:7: is not UTF-8 text; save the file as UTF-8"},
      {"seed: 1\nlabels: {a: \"\xed\xa0\x80\"}", "s.yaml:2:14: is not UTF-8 text; save the file as UTF-8"},
  };
  for (const Malformed& one : kCases) EXPECT_EQ(ErrorOf(one.text), one.error) << one.text;
}

TEST(SpecFileTest, TellsAllMistakesAtOnce) {
  EXPECT_EQ(ErrorOf("sed: 1\noptimizer:\n  adam: {beta1: x, beta3: 1}\n"),
            "s.yaml:1:1: sed: a job spec has no such field; did you mean \"seed\"?\n"
            "s.yaml:3:17: optimizer.adam.beta1: must be a number, was \"x\"\n"
            "s.yaml:3:20: optimizer.adam.beta3: optimizer.adam has no such field; did you mean \"beta1\"?");
}

TEST(SpecFileTest, BoundsDepthSizeAndNumberOfValues) {
  // The mapping around it is the first level.
  EXPECT_EQ(ErrorOf("labels: {a: " + std::string(30, '[') + std::string(30, ']') + "}"),
            "s.yaml:1:13: labels.a: must be a text, was a list");
  EXPECT_EQ(ErrorOf("labels: {a: " + std::string(31, '[') + std::string(31, ']') + "}"),
            "s.yaml:1:43: nested deeper than 32 levels");
  EXPECT_NE(ErrorOf("a: " + std::string(100'000, '[')), "no error");
  EXPECT_EQ(ErrorOf(std::string((1 << 20) + 1, ' ')), "s.yaml:1:1: has 1048577 bytes; at most 1048576 are read");
  std::string many = "a: [";
  for (int i = 0; i < 250'000; ++i) many += "1, ";
  EXPECT_EQ(ErrorOf(many + "]"), "s.yaml:1:599996: more than 200000 values");
  // Billions of laughs begin with one anchor.
  EXPECT_EQ(ErrorOf("a: &a [lol, lol]\nb: &b [*a, *a]\nc: [*b, *b]"),
            "s.yaml:1:4: anchors (&name) are not read here; write the value out");
}

TEST(SpecFileTest, SettingsReplaceAndCreate) {
  const std::string text = "optimizer: {adam: {learning_rate: 0.1, beta1: 0.5}}\nseed: 3\n";
  const v1::JobSpec spec = SpecOf(text, {"optimizer.adam.learning_rate=0.01", "stopping.plateau.window=5 epochs",
                                         "seed=4", "labels.team=a", "initialization.given.values=[1, 2]"});
  EXPECT_EQ(spec.optimizer().adam().learning_rate(), 0.01);
  EXPECT_EQ(spec.optimizer().adam().beta1(), 0.5);
  EXPECT_EQ(spec.stopping().plateau().window().epochs(), 5);
  EXPECT_EQ(spec.seed(), 4);
  EXPECT_EQ(spec.labels().at("team"), "a");
  EXPECT_THAT(spec.initialization().given().values(), ElementsAre(1, 2));
}

TEST(SpecFileTest, SettingsAloneAreASpec) {
  const v1::JobSpec spec = SpecOf("", {"problem.function.name=bowl", "optimizer.sgd={}"});
  EXPECT_EQ(spec.problem().function().name(), "bowl");
  EXPECT_TRUE(spec.optimizer().has_sgd());
}

TEST(SpecFileTest, ASettingTakesThePlaceOfTheFilesAlternative) {
  const std::string text = "optimizer: {sgd: {momentum: 0.9}}\nbatch: {full: {}}\n";
  const v1::JobSpec spec = SpecOf(text, {"optimizer.adam.learning_rate=0.5", "batch.mini_batch.size=8"});
  EXPECT_EQ(spec.optimizer().adam().learning_rate(), 0.5);
  EXPECT_EQ(spec.batch().mini_batch().size(), 8);
  // Two settings that contradict each other are a mistake.
  EXPECT_EQ(ErrorOf(text, {"optimizer.adam.beta1=0.5", "optimizer.rmsprop.decay=0.9"}),
            "--set optimizer.rmsprop.decay=0.9: optimizer.rmsprop: cannot be together with optimizer.adam; keep one of "
            "them");
}

TEST(SpecFileTest, MistakesInSettingsNameTheSetting) {
  EXPECT_EQ(ErrorOf("seed: 1", {"optimizer.adam.beta1=x"}),
            "--set optimizer.adam.beta1=x: optimizer.adam.beta1: must be a number, was \"x\"");
  EXPECT_EQ(ErrorOf("seed: 1", {"optimizer.adma.beta1=1"}),
            "--set optimizer.adma.beta1=1: optimizer.adma: optimizer has no such field; did you mean \"adam\"?");
  for (const char* setting : {"seed", "=1", "a..b=1", ".a=1"}) {
    EXPECT_EQ(
        ErrorOf("seed: 1", {setting}),
        absl::StrCat("--set ", setting, ": must be PATH=VALUE, for example --set optimizer.adam.learning_rate=0.01"));
  }
  EXPECT_EQ(ErrorOf("seed: 1", {"seed=[1"}),
            "--set seed=[1: the value is not valid YAML or JSON: end of sequence flow not found");
}

TEST(SpecFileTest, ViolationsLeadBackToTheFile) {
  const absl::StatusOr<SpecFile> file =
      ParseSpec("s.yaml", "problem:\n  dataset: {dataset: datasets/a}\noptimizer:\n  adam: {beta1: 1.2}\n", {"seed=3"});
  ASSERT_TRUE(file.ok());
  core::Violations violations;
  violations.Add("spec.optimizer.adam.beta1", "must be in [0, 1), was 1.2");
  violations.Add("spec.problem.dataset.model", "is required");
  violations.Add("spec.seed", "is odd");
  violations.Add("spec.stopping.max_steps", "must be >= 0");
  violations.Add("job_id", "must begin with a letter");
  EXPECT_THAT(PlaceViolations(violations.ToStatus(), *file),
              ElementsAre("s.yaml:4:17: optimizer.adam.beta1: must be in [0, 1), was 1.2",
                          "s.yaml:2:3: problem.dataset.model: is required", "--set seed=3: seed: is odd",
                          "stopping.max_steps: must be >= 0", "job_id: must begin with a letter"));
  EXPECT_TRUE(PlaceViolations(absl::InternalError("x"), *file).empty());
}

TEST(SpecFileTest, AFileThatIsNotThereIsSaid) {
  EXPECT_EQ(ReadSpecFile("/nowhere/spec.yaml").status().message(),
            "/nowhere/spec.yaml: cannot be opened; is the path right?");
}

TEST(SpecFileTest, WritesYaml) {
  v1::JobSpec spec;
  spec.mutable_problem()->mutable_function()->set_name("rosenbrock");
  spec.mutable_optimizer()->mutable_adam()->set_learning_rate(0.1);
  spec.mutable_batch()->mutable_full();
  spec.mutable_initialization()->mutable_given()->add_values(-1.2);
  spec.mutable_initialization()->mutable_given()->add_values(1);
  spec.mutable_schedule()->mutable_step()->mutable_period()->set_epochs(2.5);
  spec.mutable_schedule()->mutable_warmup()->mutable_length()->set_steps(10);
  spec.set_precision(v1::PRECISION_FLOAT64);
  (*spec.mutable_labels())["b"] = "yes";
  (*spec.mutable_labels())["a"] = "line\n\"quoted\"";
  EXPECT_EQ(SpecToYaml(spec), R"(problem:
  function:
    name: rosenbrock
initialization:
  given:
    values: [-1.2, 1]
optimizer:
  adam:
    learning_rate: 0.1
schedule:
  step:
    period: 2.5 epochs
  warmup:
    length: 10 steps
batch:
  full: {}
precision: float64
labels:
  a: "line\x0a\"quoted\""
  b: "yes"
)");
  EXPECT_EQ(SpecToYaml(v1::JobSpec()), "{}\n");
}

}  // namespace
}  // namespace descent::client
