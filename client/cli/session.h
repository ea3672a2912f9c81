// What every command needs: the global flags, the console, and a client made when it is first asked for.
#ifndef DESCENT_CLIENT_CLI_SESSION_H_
#define DESCENT_CLIENT_CLI_SESSION_H_

#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/console.h"
#include "client/client.h"

namespace descent::cli {

enum class OutputFormat { kTable, kJson, kJsonLines, kYaml };

// Flags that every command takes; empty texts: not given, the environment decides.
struct GlobalFlags {
  std::string server;
  std::string token_file;
  std::string ca_certificate_path;
  bool use_tls = false;
  std::string output = "table";
};

// Thread-safety: one thread.
class Session {
 public:
  Session(const GlobalFlags* flags, const Console* console, std::vector<std::string> words)
      : flags_(flags), console_(console), words_(std::move(words)) {}

  const Console& console() const { return *console_; }
  std::ostream& out() const { return *console_->out; }
  std::ostream& err() const { return *console_->err; }
  // The command line after `descent`, as it was given.
  const std::vector<std::string>& words() const { return words_; }
  OutputFormat output() const;
  bool is_table() const { return output() == OutputFormat::kTable; }

  // The client: flags, then the environment, then the local socket.
  absl::StatusOr<client::Client*> GetClient();

  // Prints a message as the format asks, when that is one of JSON; false for a table, which the command draws.
  bool PrintJson(const google::protobuf::Message& message) const;
  // A usage error for commands that have no spec to print.
  absl::Status RefuseYaml() const;

 private:
  const GlobalFlags* const flags_;
  const Console* const console_;
  const std::vector<std::string> words_;
  std::unique_ptr<client::Client> client_;
};

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_SESSION_H_
