#include "client/cli/session.h"

#include <string>
#include <utility>

#include "client/cli/exit_code.h"
#include "client/cli/json.h"
#include "client/options.h"
#include "core/base/status.h"

namespace descent::cli {

OutputFormat Session::output() const {
  if (flags_->output == "json") return OutputFormat::kJson;
  if (flags_->output == "jsonl") return OutputFormat::kJsonLines;
  if (flags_->output == "yaml") return OutputFormat::kYaml;
  return OutputFormat::kTable;
}

absl::StatusOr<client::Client*> Session::GetClient() {
  if (client_ != nullptr) return client_.get();
  DESCENT_ASSIGN_OR_RETURN(client::Options options, client::OptionsFromEnvironment());
  if (!flags_->server.empty()) options.address = flags_->server;
  if (!flags_->ca_certificate_path.empty()) options.ca_certificate_path = flags_->ca_certificate_path;
  if (!flags_->token_file.empty()) {
    DESCENT_ASSIGN_OR_RETURN(options.token, client::ReadTokenFile(flags_->token_file));
  }
  options.use_tls = flags_->use_tls;
  absl::StatusOr<std::unique_ptr<client::Client>> made = client::Client::Connect(options);
  // What is wrong with the options is wrong with the command line.
  if (!made.ok()) return UsageError(made.status().message());
  client_ = *std::move(made);
  return client_.get();
}

bool Session::PrintJson(const google::protobuf::Message& message) const {
  if (output() == OutputFormat::kTable) return false;
  out() << (output() == OutputFormat::kJson ? PrettyJson(message) : JsonLine(message));
  return true;
}

absl::Status Session::RefuseYaml() const {
  if (output() != OutputFormat::kYaml) return absl::OkStatus();
  return UsageError("-o yaml shows specs only: descent job get NAME -o yaml, descent job submit --dry-run -o yaml");
}

}  // namespace descent::cli
