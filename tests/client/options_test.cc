#include "client/options.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace descent::client {
namespace {

Options At(const std::string& address) {
  Options options;
  options.address = address;
  return options;
}

TEST(OptionsTest, AcceptsSocketsAndHosts) {
  for (const char* address : {"unix:/run/d.sock", "unix:d.sock", "localhost:7070", "[::1]:7070", "example.org:443"}) {
    EXPECT_TRUE(CheckOptions(At(address)).ok()) << address;
  }
}

TEST(OptionsTest, RefusesOtherAddresses) {
  for (const char* address : {"", "unix:", "localhost", "localhost:", ":80", "localhost:0", "localhost:65536",
                              "localhost:http", "https://example.org:443", "/run/d.sock"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckOptions(At(address)))) << address;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(CheckOptions(At("unix:/" + std::string(107, 'a')))));
}

TEST(OptionsTest, ATokenDoesNotTravelInTheClear) {
  Options options = At("example.org:7070");
  options.token = "secret";
  EXPECT_TRUE(absl::IsInvalidArgument(CheckOptions(options)));
  options.use_tls = true;
  EXPECT_TRUE(CheckOptions(options).ok());
  options.use_tls = false;
  options.ca_certificate_path = "ca.pem";
  EXPECT_TRUE(CheckOptions(options).ok());
  options.ca_certificate_path.clear();
  options.address = "127.0.0.1:7070";
  EXPECT_TRUE(CheckOptions(options).ok());
  options.token = "two words";
  EXPECT_TRUE(absl::IsInvalidArgument(CheckOptions(options)));
}

TEST(OptionsTest, ReadsTheEnvironment) {
  for (const char* name : {"DESCENT_SERVER", "DESCENT_TOKEN", "DESCENT_TOKEN_FILE", "DESCENT_CA"}) unsetenv(name);
  setenv("XDG_RUNTIME_DIR", "/run/user/1", 1);
  EXPECT_EQ(OptionsFromEnvironment()->address, "unix:/run/user/1/descent/descent.sock");
  unsetenv("XDG_RUNTIME_DIR");
  EXPECT_EQ(OptionsFromEnvironment()->address, absl::StrCat("unix:/tmp/descent-", getuid(), "/descent.sock"));
  setenv("DESCENT_SERVER", "localhost:1", 1);
  setenv("DESCENT_CA", "ca.pem", 1);
  const std::string token_file = testing::TempDir() + "token";
  std::ofstream(token_file) << "  from-file \nsecond line\n";
  setenv("DESCENT_TOKEN_FILE", token_file.c_str(), 1);
  EXPECT_EQ(OptionsFromEnvironment()->address, "localhost:1");
  EXPECT_EQ(OptionsFromEnvironment()->ca_certificate_path, "ca.pem");
  EXPECT_EQ(OptionsFromEnvironment()->token, "from-file");
  setenv("DESCENT_TOKEN", "from-variable", 1);
  EXPECT_EQ(OptionsFromEnvironment()->token, "from-variable");
  unsetenv("DESCENT_TOKEN");
  setenv("DESCENT_TOKEN_FILE", "/nowhere", 1);
  EXPECT_TRUE(absl::IsNotFound(OptionsFromEnvironment().status()));
  for (const char* name : {"DESCENT_SERVER", "DESCENT_TOKEN_FILE", "DESCENT_CA"}) unsetenv(name);
}

}  // namespace
}  // namespace descent::client
