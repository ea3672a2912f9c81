// --step, --last, --best: which of a job's parameters a command means.
#ifndef DESCENT_CLIENT_CLI_POINT_FLAGS_H_
#define DESCENT_CLIENT_CLI_POINT_FLAGS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>

#include "descent/v1/parameters.pb.h"

namespace descent::cli {

struct PointFlags {
  std::optional<int64_t> step;
  bool last = false;
  bool best = false;

  void AddTo(CLI::App* app) {
    CLI::Option* step_option = app->add_option("--step", step, "Parameters after so many updates")->type_name("N");
    CLI::Option* last_option = app->add_flag("--last", last, "The newest parameters");
    app->add_flag("--best", best, "Those of the best evaluation")->excludes(step_option)->excludes(last_option);
    last_option->excludes(step_option);
  }
  // Without any flag an empty message: the job's answer, or its newest parameters while it runs.
  v1::ParameterPoint ToPoint() const {
    v1::ParameterPoint point;
    if (step.has_value()) point.set_step(*step);
    if (last) point.set_named(v1::NAMED_POINT_LAST);
    if (best) point.set_named(v1::NAMED_POINT_BEST);
    return point;
  }
};

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_POINT_FLAGS_H_
