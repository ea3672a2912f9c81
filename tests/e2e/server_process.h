// A descentd of its own process and data directory, for tests that kill it.
#ifndef DESCENT_TESTS_E2E_SERVER_PROCESS_H_
#define DESCENT_TESTS_E2E_SERVER_PROCESS_H_

#include <grpcpp/grpcpp.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace descent::e2e {

// A directory that goes with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Path of a program of this build: `server/descentd`.
std::string BinaryPath(const std::string& name);
// Path of a file of the source tree: `examples/data/iris.csv`.
std::string SourcePath(const std::string& name);

// Killed when it goes out of scope.
class ServerProcess {
 public:
  // Starts descentd on `data_directory` with a socket in it, and waits until it serves.
  explicit ServerProcess(std::string data_directory, std::vector<std::string> flags = {});
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& address() const { return address_; }
  pid_t pid() const { return pid_; }
  std::shared_ptr<grpc::Channel> channel() const;

  // Ends it at once, as a power failure of the process would.
  void Kill();
  // Asks it to stop; returns its exit code.
  int Terminate();
  // Largest resident memory so far, in bytes.
  int64_t PeakMemoryBytes() const;

 private:
  std::string address_;
  pid_t pid_ = -1;
};

}  // namespace descent::e2e

#endif  // DESCENT_TESTS_E2E_SERVER_PROCESS_H_
