#include "tests/e2e/server_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace descent::e2e {
namespace {

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  EXPECT_NE(value, nullptr) << name << " is not set: run the test with ctest";
  return value == nullptr ? "" : value;
}

// Reads a line; empty when the other end closed.
std::string ReadLine(int descriptor) {
  std::string line;
  char c = 0;
  while (read(descriptor, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "descent-test-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

TemporaryDirectory::~TemporaryDirectory() { std::filesystem::remove_all(path_); }

std::string BinaryPath(const std::string& name) {
  return absl::StrCat(FromEnvironment("DESCENT_BINARY_DIR"), "/", name);
}

std::string SourcePath(const std::string& name) {
  return absl::StrCat(FromEnvironment("DESCENT_SOURCE_DIR"), "/", name);
}

ServerProcess::ServerProcess(std::string data_directory, std::vector<std::string> flags) {
  std::filesystem::create_directories(data_directory);
  address_ = absl::StrCat("unix:", data_directory, "/socket");
  // Another binary shows that a test notices what it should: see CMakeLists.txt.
  const char* const other = std::getenv("DESCENT_TEST_SERVER");
  const std::string program = other != nullptr ? other : BinaryPath("server/descentd");
  std::vector<std::string> words = {program, "--data-dir", data_directory, "--listen", address_};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  int pipe_ends[2];
  EXPECT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  EXPECT_EQ(posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), environ), 0) << program;
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  const std::string line = ReadLine(pipe_ends[0]);
  close(pipe_ends[0]);
  EXPECT_NE(line.find("serves on"), std::string::npos) << "descentd did not start: " << line;
}

ServerProcess::~ServerProcess() { Kill(); }

std::shared_ptr<grpc::Channel> ServerProcess::channel() const {
  grpc::ChannelArguments arguments;
  // A channel of its own: a test that restarts the server must not inherit another's broken connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments);
}

void ServerProcess::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int ServerProcess::Terminate() {
  kill(pid_, SIGTERM);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int64_t ServerProcess::PeakMemoryBytes() const {
  std::ifstream status(absl::StrCat("/proc/", pid_, "/status"));
  std::string word;
  while (status >> word) {
    if (word != "VmHWM:") continue;
    int64_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes << 10;
  }
  return 0;
}

}  // namespace descent::e2e
