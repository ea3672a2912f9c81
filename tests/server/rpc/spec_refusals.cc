// CreateJob: specs that cannot be trained, and what stands around them.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "descent/v1/job_service.pb.h"
#include "tests/server/rpc/refusal.h"
#include "tests/server/rpc/refusal_servers.h"

namespace descent::rpc {
namespace {

constexpr char kBowl[] = "problem { function { name: 'bowl' } } ";
constexpr char kSgd[] = "optimizer { sgd {} } ";
constexpr char kLeastSquares[] = "optimizer { levenberg_marquardt {} } ";

Refusal Spec(const std::string& id, const std::string& spec) {
  return {id, "CreateJob", absl::StrCat("spec { ", spec, " }")};
}

// A function with plain gradient descent and whatever else.
Refusal Function(const std::string& id, const std::string& rest) { return Spec(id, absl::StrCat(kBowl, kSgd, rest)); }

// The same with an optimizer.
Refusal Optimizer(const std::string& id, const std::string& optimizer) {
  return Spec(id, absl::StrCat(kBowl, "optimizer { ", optimizer, " }"));
}

// A model fitted to a dataset, and whatever else.
Refusal Model(const std::string& id, const std::string& dataset, const std::string& model,
              const std::string& rest_of_problem = "", const std::string& rest = "") {
  return Spec(id, absl::StrCat("problem { dataset { dataset: '", dataset, "' model { ", model, " } ", rest_of_problem,
                               " } } ", kSgd, rest));
}

Refusal Linear(const std::string& id, const std::string& rest_of_problem, const std::string& rest = "") {
  return Model(id, "datasets/prices", "linear {}", rest_of_problem, rest);
}

// A model fitted by an optimizer.
Refusal Fitted(const std::string& id, const std::string& model, const std::string& rest_of_problem,
               const std::string& optimizer) {
  return Spec(id, absl::StrCat("problem { dataset { dataset: 'datasets/prices' model { ", model, " } ", rest_of_problem,
                               " } } optimizer { ", optimizer, " }"));
}

// A formula minimised by an optimizer.
Refusal Formula(const std::string& id, const std::string& formula, const std::string& optimizer) {
  return Spec(id, absl::StrCat("problem { formula { ", formula, " } } optimizer { ", optimizer, " }"));
}

std::vector<Refusal> Optimizers() {
  return {
      Spec("spec-missing", ""),
      Spec("spec-many-violations",
           "problem { function { name: 'rosenbrok' } } optimizer { adam { learning_rate: nan beta1: 1.2 epsilon: 0 } } "
           "precision: 9 stopping { max_steps: -1 gradient_tolerance: -1 } record { every_steps: 0 }"),
      Spec("problem-missing", kSgd),
      Spec("optimizer-missing", kBowl),
      Spec("function-name-missing", absl::StrCat("problem { function {} } ", kSgd)),
      Spec("function-unknown", absl::StrCat("problem { function { name: 'rosenbrok' } } ", kSgd)),
      Optimizer("rate-nan", "sgd { learning_rate: nan }"),
      Optimizer("rate-zero", "sgd { learning_rate: 0 }"),
      Optimizer("rate-infinite", "adam { learning_rate: inf }"),
      Optimizer("c2-not-above-c1", "lbfgs { c1: 0.3 c2: 0.2 }"),
      Optimizer("beta1-out-of-range", "adam { beta1: 1.2 }"),
      Optimizer("epsilon-not-positive", "rmsprop { epsilon: -1e-8 }"),
      Optimizer("velocity-form-unknown", "sgd { velocity_form: 9 }"),
      Optimizer("nesterov-without-momentum", "sgd { nesterov: true }"),
      Optimizer("nesterov-with-dampening", "sgd { nesterov: true momentum: 0.9 dampening: 0.5 }"),
      Optimizer("preset-not-of-kind", "lion { preset: OPTIMIZER_PRESET_TORCH }"),
      Optimizer("amsgrad-epsilon-of-corrected",
                "amsgrad { preset: OPTIMIZER_PRESET_OPTAX epsilon_placement: EPSILON_PLACEMENT_UNCORRECTED }"),
      Optimizer("rprop-steps-reversed", "rprop { minimum_step: 60 }"),
      Function("precision-unknown", "precision: 9"),
      Function("schedule-period-missing", "schedule { step {} }"),
      Function("schedule-period-without-unit", "schedule { step { period {} } }"),
      Function("momentum-cycle-reversed",
               "schedule { one_cycle { length { steps: 100 } cycle_momentum: true base_momentum: 0.99 } }"),
      Function("momentum-cycle-of-none", "schedule { one_cycle { length { steps: 100 } cycle_momentum: true } }"),
      Spec("momentum-cycle-of-another",
           absl::StrCat(kBowl,
                        "optimizer { lion {} } schedule { one_cycle { length { steps: 100 } cycle_momentum: true } }")),
      Function("schedule-factor-zero", "schedule { exponential { factor: 0 } }"),
      Function("warmup-negative", "schedule { warmup { length { steps: -3 } } }"),
      Function("initializer-nan", "initialization { constant { value: nan } }"),
      Function("initializer-empty-range", "initialization { uniform { low: 1 high: -1 } }"),
      Function("initializer-wrong-count", "initialization { given { values: [ 1, 2, 3 ] } }"),
      Function("initializer-needs-layers", "initialization { xavier {} }"),
      Function("starts-out-of-range", "initialization { uniform {} starts: 0 }"),
      Function("starts-without-draws", "initialization { zeros {} starts: 5 }"),
  };
}

std::vector<Refusal> Policies() {
  std::string many_labels;
  for (int i = 0; i < 65; ++i) absl::StrAppend(&many_labels, "labels { key: 'k", i, "' value: 'v' } ");
  std::string wrong_labels;
  for (int i = 0; i < 500; ++i) absl::StrAppend(&wrong_labels, "labels { key: '\xc3\x84pfel ", i, "' value: 'v' } ");
  std::string many_groups;
  for (int i = 0; i < 65; ++i) absl::StrAppend(&many_groups, "parameter_groups { tensors: 'x' } ");
  return {
      Function("function-batch", "batch { mini_batch { size: 4 } }"),
      Function("function-max-epochs", "stopping { max_epochs: 2 }"),
      Function("function-epochs", "evaluation { every { epochs: 1 } }"),
      Function("function-held-out", "evaluation { held_out_fraction: 0.2 }"),
      Function("function-evaluation-dataset", "evaluation { dataset: 'datasets/prices' }"),
      Function("function-early-stopping", "stopping { early_stopping {} }"),
      Function("max-steps-negative", "stopping { max_steps: -1 }"),
      Function("max-steps-too-large", "stopping { max_steps: 9007199254740993 }"),
      Function("target-objective-nan", "stopping { target_objective: nan }"),
      Function("max-seconds-zero", "stopping { max_seconds: 0 }"),
      Function("plateau-without-window", "stopping { plateau {} }"),
      Function("record-every-zero", "record { every_steps: 0 }"),
      Function("record-parameters-not-multiple", "record { every_steps: 4 parameters_every_steps: 6 }"),
      Function("record-log-budget-small", "record { log_byte_budget: 1000 }"),
      Function("record-checkpoint-seconds", "record { checkpoint_seconds: 0 }"),
      Function("threads-zero", "execution { threads: 0 }"),
      Function("threads-too-many", "execution { threads: 3 }"),
      Function("label-key-malformed", "labels { key: 'Team' value: 'a' }"),
      Function("label-value-long", absl::StrCat("labels { key: 'team' value: '", std::string(257, 'v'), "' }")),
      Function("labels-too-many", many_labels),
      Function("labels-all-wrong", wrong_labels),
      Function("clipping-norm-zero", "clipping { max_norm: 0 }"),
      Function("averaging-decay-one", "averaging { ema { decay: 1 } }"),
      Spec("averaging-of-an-average", absl::StrCat(kBowl, "optimizer { asgd {} } averaging { swa {} }")),
      Function("group-without-tensors", "parameter_groups {}"),
      Function("group-matches-nothing", "parameter_groups { tensors: 'weight' }"),
      Function("group-rate-zero", "parameter_groups { tensors: '*' learning_rate_factor: 0 }"),
      Function("groups-too-many", many_groups),
      Spec("groups-of-a-whole-vector",
           absl::StrCat(kBowl, "optimizer { normalized_sgd {} } parameter_groups { tensors: 'x' frozen: true }")),
      Spec("group-weight-decay-not-there",
           absl::StrCat(kBowl, "optimizer { rprop {} } parameter_groups { tensors: 'x' weight_decay: 0.1 }")),
      Function("guard-factor-one", "guard { learning_rate_factor: 1 }"),
      Function("reduce-on-plateau-factor-zero", "schedule { reduce_on_plateau { factor: 0 } }"),
      Spec("rows-of-a-function", absl::StrCat(kBowl, "optimizer { saga { learning_rate: 0.1 } }")),
      Formula("rows-of-a-formula", "expression: '(x-1)^2' parameters { name: 'x' start: 3 }", "coordinate_descent {}"),
      Formula("curvature-of-a-kinked-formula", "expression: 'x^2 + abs(x-1)' parameters { name: 'x' start: 3 }",
              "newton_cg {}"),
      Formula("curvature-of-a-kinked-formula-loss",
              "expression: 'price ~ a*size' dataset: 'datasets/prices' parameters { name: 'a' start: 1 } "
              "loss { absolute {} }",
              "newton_cg {}"),
      Linear("accumulation-steps-zero", "", "batch { mini_batch { accumulation_steps: 0 } }"),
      Linear("batch-size-zero", "", "batch { mini_batch { size: 0 } }"),
      Spec("optimizer-needs-full-batch",
           "problem { dataset { dataset: 'datasets/prices' model { linear {} } } } optimizer { lbfgs {} } "
           "batch { mini_batch { size: 2 } }"),
      Linear("shuffling-unknown", "", "batch { one_row { shuffling: 9 } }"),
      Linear("early-stopping-without-data", "", "stopping { early_stopping {} }"),
      Linear("held-out-all", "", "evaluation { held_out_fraction: 1 }"),
      Linear("held-out-and-dataset", "", "evaluation { held_out_fraction: 0.5 dataset: 'datasets/prices' }"),
      Linear("evaluation-version-alone", "", "evaluation { dataset_version: 'sha256:0' }"),
      Linear("interval-too-long", "", "evaluation { every { epochs: 1e300 } }"),
      Linear("evaluation-dataset-not-found", "", "evaluation { dataset: 'datasets/price' }"),
      Linear("evaluation-dataset-other-columns", "", "evaluation { dataset: 'datasets/flowers' }"),
      Linear("evaluation-dataset-incomplete", "", "evaluation { dataset: 'datasets/gaps' }"),
  };
}

std::vector<Refusal> Models() {
  return {
      Spec("dataset-name-missing", absl::StrCat("problem { dataset { model { linear {} } } } ", kSgd)),
      Model("spec-dataset-name-malformed", "prices", "linear {}"),
      Model("spec-dataset-not-found", "datasets/price", "linear {}"),
      Linear("dataset-version-other", "dataset_version: 'sha256:1234'"),
      Model("model-missing", "datasets/prices", ""),
      Linear("loss-does-not-fit", "loss { logistic {} }"),
      Linear("huber-delta-zero", "loss { huber { delta: 0 } }"),
      Linear("quantile-tau-one", "loss { quantile { tau: 1 } }"),
      Linear("tweedie-power-two", "loss { tweedie { power: 2 } }"),
      Linear("penalty-strength-missing", "regularization { l2 {} }"),
      Linear("penalty-strength-negative", "regularization { l1 { strength: -0.1 } }"),
      Linear("scaling-unknown", "preprocessing { scaling: 9 }"),
      Fitted("curvature-of-a-kinked-loss", "linear {}", "loss { absolute {} }", "newton_cg {}"),
      Fitted("curvature-of-l1", "linear {}", "regularization { l1 { strength: 1 } }", "newton_cg {}"),
      Fitted("curvature-of-relu", "mlp { activation: ACTIVATION_RELU }", "loss { squared {} }", "newton_cg {}"),
      Fitted("curvature-under-dropout", "mlp { activation: ACTIVATION_TANH dropout: 0.1 }", "loss { squared {} }",
             "newton_cg {}"),
      Fitted("rows-of-a-perceptron", "mlp {}", "loss { squared {} }", "sag {}"),
      Fitted("rows-under-a-kinked-loss", "linear {}", "loss { absolute {} }", "svrg {}"),
      Fitted("rows-without-a-rate", "linear {}", "loss { poisson {} }", "saga {}"),
      Fitted("columns-under-another-loss", "linear {}", "loss { huber {} }", "coordinate_descent {}"),
      Spec("clipping-of-rows",
           "problem { dataset { dataset: 'datasets/prices' model { linear {} } } } optimizer { sag {} } "
           "clipping { max_norm: 1 }"),
      Linear("elastic-net-ratio", "regularization { elastic_net { strength: 1 l1_ratio: 1.5 } }"),
      Spec("proximal-with-line-search",
           "problem { dataset { dataset: 'datasets/prices' model { linear {} } regularization { l1 { strength: 1 "
           "proximal: true } } } } optimizer { lbfgs {} }"),
      Spec("least-squares-of-a-function", absl::StrCat(kBowl, kLeastSquares)),
      Spec("least-squares-of-a-formula",
           absl::StrCat("problem { formula { expression: '(a - 1)^2' parameters { name: 'a' start: 0 } } } ",
                        kLeastSquares)),
      Spec("least-squares-other-loss",
           absl::StrCat("problem { dataset { dataset: 'datasets/prices' model { linear {} } loss { huber {} } } } ",
                        kLeastSquares)),
      Spec("least-squares-other-penalty",
           absl::StrCat("problem { dataset { dataset: 'datasets/prices' model { linear {} } regularization { l1 { "
                        "strength: 1 } } } } ",
                        kLeastSquares)),
      Spec("least-squares-dropout",
           absl::StrCat("problem { dataset { dataset: 'datasets/prices' model { mlp { dropout: 0.1 } } loss { squared "
                        "{} } } } ",
                        kLeastSquares)),
      Spec("least-squares-parameters-too-many",
           absl::StrCat("problem { dataset { dataset: 'datasets/prices' model { mlp { hidden_sizes: 500 } } loss { "
                        "squared {} } } } ",
                        kLeastSquares)),
      Model("dropout-one", "datasets/prices", "mlp { dropout: 1 }", "loss { squared {} }"),
      Model("hidden-size-zero", "datasets/prices", "mlp { hidden_sizes: [ 8, 0 ] }", "loss { squared {} }"),
      Model("hidden-layers-too-many", "datasets/prices",
            absl::StrCat(
                "mlp { hidden_sizes: [ 1",
                [] {
                  std::string more;
                  for (int i = 0; i < 64; ++i) more += ", 1";
                  return more;
                }(),
                " ] }"),
            "loss { squared {} }"),
      Model("parameters-too-many", "datasets/prices", "mlp { hidden_sizes: 1000 }", "loss { squared {} }"),
      Model("dataset-without-target", "datasets/plain", "linear {}"),
      Model("dataset-missing-values", "datasets/gaps", "linear {}"),
      Model("target-has-classes", "datasets/flowers", "linear {}"),
      Model("target-has-three-classes", "datasets/species", "logistic {}"),
      Model("target-has-no-classes", "datasets/prices", "softmax {}"),
      Model("target-out-of-range", "datasets/vast", "linear {}", "loss { poisson {} }"),
      Model("held-out-of-one-row", "datasets/single", "linear {}", "", "evaluation { held_out_fraction: 0.5 }"),
      Model("values-beyond-float32", "datasets/vast", "linear {}", "", "precision: PRECISION_FLOAT32"),
      Model("values-cannot-be-scaled", "datasets/vast", "linear {}", "preprocessing { scaling: SCALING_STANDARDIZE }"),
  };
}

Refusal Logistic(const std::string& id, const std::string& rest_of_problem, const std::string& rest = "") {
  return Model(id, "datasets/flowers", "logistic {}", rest_of_problem, rest);
}

// Weights of rows and classes, several targets, sparse rows.
std::vector<Refusal> Rows() {
  return {
      Model("weight-negative", "datasets/weighted", "linear {}"),
      Model("weights-all-zero", "datasets/uncounted", "linear {}"),
      Linear("class-weights-of-numbers", "class_weights { balanced: true }"),
      Logistic("class-weights-empty", "class_weights {}"),
      Logistic("class-weights-twice", "class_weights { balanced: true weights { key: 'setosa' value: 2 } }"),
      Logistic("class-weight-negative", "class_weights { weights { key: 'setosa' value: -2 } }"),
      Logistic("class-weight-of-no-class", "class_weights { weights { key: 'setos' value: 2 } }"),
      Logistic("class-weights-all-zero",
               "class_weights { weights { key: 'setosa' value: 0 } weights { key: 'virginica' value: 0 } }"),
      Model("targets-of-a-classifier", "datasets/sides", "logistic {}"),
      Spec("targets-of-a-row-kind",
           "problem { dataset { dataset: 'datasets/sides' model { linear {} } } } optimizer { saga {} }"),
      Model("sparse-standardized", "datasets/words", "linear {}", "preprocessing { scaling: SCALING_STANDARDIZE }"),
      Spec("sparse-column-of-a-formula",
           "problem { formula { expression: 'stars ~ a*counts' dataset: 'datasets/words' parameters { name: 'a' start: "
           "1 } "
           "} } optimizer { adam {} }"),
      Function("lazy-updates-of-a-function", "lazy_updates: true"),
      Model("lazy-updates-of-all-rows", "datasets/words", "linear {}", "", "lazy_updates: true"),
      Linear("lazy-updates-of-dense-rows", "", "lazy_updates: true"),
      Linear("lazy-updates-with-a-penalty", "regularization { l2 { strength: 1 } }", "lazy_updates: true"),
      Linear("lazy-updates-with-an-average", "", "averaging { ema {} } lazy_updates: true"),
      Linear("lazy-updates-with-groups", "", "parameter_groups { tensors: 'bias' frozen: true } lazy_updates: true"),
      Model("lazy-updates-of-a-network", "datasets/flowers", "mlp {}", "loss { logistic {} }", "lazy_updates: true"),
      Spec("lazy-updates-of-a-whole-vector-kind",
           "problem { dataset { dataset: 'datasets/prices' model { linear {} } } } optimizer { lamb {} } "
           "lazy_updates: true"),
  };
}

// A message of a newer version of the API, by its unknown field at the place that `find` gives.
template <typename Find>
Refusal Newer(const std::string& id, Find find) {
  return {.id = id, .call = "CreateJob", .provoke = [find](RefusalServers& servers) {
            auto request = Parse<v1::CreateJobRequest>(absl::StrCat("spec { ", kBowl, kSgd, " }"));
            google::protobuf::Message* place = find(&request);
            place->GetReflection()->MutableUnknownFields(place)->AddVarint(99, 1);
            return Invoke(servers.full(), "CreateJob", request);
          }};
}

std::vector<Refusal> Requests() {
  const std::string spec = absl::StrCat("spec { ", kBowl, kSgd, " }");
  return {
      {"job-id-malformed", "CreateJob", absl::StrCat("job_id: 'My Job' ", spec)},
      {"job-id-taken", "CreateJob", absl::StrCat("job_id: 'bowl' ", spec)},
      {"job-request-id-long", "CreateJob", absl::StrCat("request_id: '", std::string(65, 'r'), "' ", spec)},
      {.id = "job-request-id-reused",
       .call = "CreateJob",
       .provoke =
           [spec](RefusalServers& servers) {
             Expect(servers.full(), "CreateJob", absl::StrCat("request_id: 'again' job_id: 'once' ", spec));
             return Invoke(servers.full(), "CreateJob", absl::StrCat("request_id: 'again' job_id: 'twice' ", spec));
           }},
      {.id = "job-no-room",
       .call = "CreateJob",
       .provoke = [spec](RefusalServers& servers) { return Invoke(servers.crowded(), "CreateJob", spec); }},
      {.id = "message-too-large",
       .call = "CreateJob",
       .provoke =
           [spec](RefusalServers& servers) {
             return Invoke(servers.full(), "CreateJob",
                           absl::StrCat("job_id: '", std::string(size_t{5} << 20, 'j'), "' ", spec));
           }},
      Newer("request-unknown-field", [](v1::CreateJobRequest* request) { return request; }),
      Newer("spec-unknown-field", [](v1::CreateJobRequest* request) { return request->mutable_spec(); }),
      Newer("optimizer-unknown-field",
            [](v1::CreateJobRequest* request) { return request->mutable_spec()->mutable_optimizer()->mutable_sgd(); }),
      Newer("optimizer-unknown-kind",
            [](v1::CreateJobRequest* request) {
              request->mutable_spec()->mutable_optimizer()->clear_kind();
              return request->mutable_spec()->mutable_optimizer();
            }),
  };
}

}  // namespace

std::vector<Refusal> SpecRefusals() {
  std::vector<Refusal> refusals = Requests();
  for (const std::vector<Refusal>& more : {Optimizers(), Policies(), Models(), Rows()}) {
    refusals.insert(refusals.end(), more.begin(), more.end());
  }
  return refusals;
}

}  // namespace descent::rpc
