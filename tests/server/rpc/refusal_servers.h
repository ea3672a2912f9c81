// The servers that the refusals of docs/errors.md are provoked on, each made when it is first needed.
#ifndef DESCENT_TESTS_SERVER_RPC_REFUSAL_SERVERS_H_
#define DESCENT_TESTS_SERVER_RPC_REFUSAL_SERVERS_H_

#include <memory>
#include <string>
#include <vector>

#include "server/server.h"
#include "tests/server/rpc/refusal_calls.h"

namespace descent::rpc {

// A directory that goes with its object.
class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::unique_ptr<server::Server> StartServer(server::ServerOptions options);

// Thread-safety: one thread.
class RefusalServers {
 public:
  // Data and jobs in every state, see Furnish; small limits.
  Channel full();
  // Takes only calls with kToken.
  Channel guarded();
  // Its disk budget is used up.
  Channel crowded();

  static constexpr char kToken[] = "0123456789abcdef0123456789abcdef";
  static constexpr int64_t kMaxUploadBytes = int64_t{2} << 20;

 private:
  struct Running {
    TempDirectory directory;
    std::unique_ptr<server::Server> server;
    Channel channel;
  };
  static std::unique_ptr<Running> Start(server::ServerOptions options);

  std::unique_ptr<Running> full_;
  std::unique_ptr<Running> guarded_;
  std::unique_ptr<Running> crowded_;
};

// Datasets: flowers (length, color, kind: two classes), species (three classes), prices (size, price), single (one
// row), plain (no target), gaps (missing values), vast (numbers that only float64 holds, a price below 0). Jobs:
// trained (logistic on flowers), network (mlp on prices), bowl (a function; 10 steps, parameters of every fourth),
// running, waiting for its place, paused. The server runs one job at a time.
void Furnish(const Channel& channel);

// A job that goes on for ever and writes little.
std::string EndlessJob(const std::string& id);

// Whatever a message must not hold: the places of the server's files.
std::vector<std::string> ForbiddenWords();

}  // namespace descent::rpc

#endif  // DESCENT_TESTS_SERVER_RPC_REFUSAL_SERVERS_H_
