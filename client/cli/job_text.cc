#include "client/cli/job_text.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/table.h"
#include "client/cli/text.h"
#include "core/base/format.h"

namespace descent::cli {
namespace {

// `failed (diverged)`, `queued (waits for capacity)`, `succeeded (converged)`.
std::string StateWithReason(const v1::Job& job) {
  const std::string reason =
      job.has_termination() ? ReasonText(job.termination().reason()) : ReasonText(job.state_reason());
  return reason.empty() ? StateText(job.state()) : absl::StrCat(StateText(job.state()), " (", reason, ")");
}

std::string StepsText(const v1::Progress& progress) {
  if (progress.max_steps() <= 0) return CountText(progress.step());
  return absl::StrCat(CountText(progress.step()), "/", CountText(progress.max_steps()));
}

// `[3, 2] softmax.weight`-like texts of all tensors.
std::string LayoutText(const v1::ParameterLayout& layout) {
  constexpr int kTensorsShown = 8;
  std::vector<std::string> tensors;
  for (const v1::TensorInfo& tensor : layout.tensors()) {
    if (tensors.size() == kTensorsShown) {
      tensors.push_back("...");
      break;
    }
    tensors.push_back(absl::StrCat(tensor.name(), " [", absl::StrJoin(tensor.shape(), ", "), "]"));
  }
  if (tensors.empty()) return "";
  return absl::StrCat(CountText(layout.value_count()), ": ", absl::StrJoin(tensors, ", "));
}

std::string LogText(const v1::LogExtent& log) {
  std::string text = absl::StrCat("sequences ", CountText(log.oldest_sequence()), " to ", CountText(log.end_sequence()),
                                  ", ", BytesText(log.stored_bytes()));
  if (log.parameters_thinned_before_step() > 0) {
    absl::StrAppend(&text, ", parameters before step ", CountText(log.parameters_thinned_before_step()), " thinned");
  }
  return text;
}

void AddProgress(const v1::Progress& progress, FieldList* fields) {
  fields->Add("steps", StepsText(progress));
  if (progress.epoch() > 0) fields->Add("epochs", NumberText(progress.epoch()));
  if (progress.has_loss()) fields->Add("loss", NumberText(progress.loss()));
  if (progress.has_objective()) fields->Add("objective", NumberText(progress.objective()));
  if (progress.steps_per_second() > 0) fields->Add("rate", ShortCountText(progress.steps_per_second()) + " steps/s");
  if (progress.has_eta_seconds()) fields->Add("ETA", DurationText(progress.eta_seconds()));
  if (progress.elapsed_seconds() > 0) fields->Add("time", DurationText(progress.elapsed_seconds()));
}

// `[1, 2]` of the value at `index`, row-major.
std::string IndexText(const v1::TensorInfo& tensor, int64_t index) {
  std::vector<int64_t> indices;
  for (int axis = tensor.shape_size() - 1; axis >= 0; --axis) {
    const int64_t size = std::max<int64_t>(1, tensor.shape(axis));
    indices.insert(indices.begin(), index % size);
    index /= size;
  }
  return indices.empty() ? "" : absl::StrCat("[", absl::StrJoin(indices, ", "), "]");
}

}  // namespace

std::string JobText(const v1::Job& job) {
  FieldList fields;
  fields.Add("name", job.name());
  fields.Add("state", StateWithReason(job));
  fields.Add("message", job.state_message());
  if (job.jobs_ahead() > 0) fields.Add("jobs ahead", CountText(job.jobs_ahead()));
  AddProgress(job.progress(), &fields);
  if (job.has_termination()) {
    fields.Add("gradient norm", NumberText(job.termination().gradient_norm()));
    fields.Add("kept step", CountText(job.termination().kept_step()));
  }
  fields.Add("parameters", LayoutText(job.parameter_layout()));
  fields.Add("log", LogText(job.log()));
  std::vector<std::string> labels;
  for (const auto& [key, value] : std::map<std::string, std::string>(job.labels().begin(), job.labels().end())) {
    labels.push_back(absl::StrCat(key, "=", value));
  }
  fields.Add("labels", absl::StrJoin(labels, ", "));
  fields.Add("owner", job.owner());
  fields.Add("created", TimeText(job.create_time()));
  if (job.has_start_time()) fields.Add("started", TimeText(job.start_time()));
  if (job.has_end_time()) fields.Add("ended", TimeText(job.end_time()));
  if (job.attempt() > 1) {
    fields.Add("attempt", absl::StrCat(job.attempt(), ", ", CountText(job.attempt_executed_steps()), " steps in it"));
  }
  fields.Add("build", job.build());
  fields.Add("uid", job.uid());
  return fields.ToText();
}

std::string JobListText(const v1::ListJobsResponse& jobs) {
  Table table({"NAME", "STATE", ">STEPS", ">LOSS", ">TIME", "CREATED", "OWNER"});
  for (const v1::Job& job : jobs.jobs()) {
    const v1::Progress& progress = job.progress();
    table.AddRow({job.name(), StateWithReason(job), StepsText(progress),
                  progress.has_loss() ? NumberText(progress.loss()) : "-", DurationText(progress.elapsed_seconds()),
                  TimeText(job.create_time()), job.owner()});
  }
  return table.ToText();
}

std::string ParametersText(const client::ParameterVector& parameters) {
  Table table({"TENSOR", "INDEX", "LABEL", ">VALUE"});
  for (const v1::TensorInfo& tensor : parameters.layout.tensors()) {
    int64_t count = 1;
    for (const int64_t size : tensor.shape()) count *= size;
    for (int64_t i = 0; i < count && tensor.offset() + i < static_cast<int64_t>(parameters.values.size()); ++i) {
      const std::string label =
          tensor.labels().empty() ? "" : tensor.labels(static_cast<int>(i % tensor.labels_size()));
      table.AddRow({tensor.name(), IndexText(tensor, i), label,
                    core::ShortestText(parameters.values[static_cast<size_t>(tensor.offset() + i)])});
    }
  }
  return absl::StrCat("step ", CountText(parameters.step), "\n", table.ToText());
}

}  // namespace descent::cli
