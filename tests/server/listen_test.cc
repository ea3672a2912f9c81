// Where a server may listen, and what it asks of those who call.
#include "server/listen.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "descent/v1/server_service.grpc.pb.h"
#include "server/server.h"
#include "tests/e2e/server_process.h"

namespace descent::server {
namespace {

using testing::HasSubstr;

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(ListenTest, AddressesAreUnderstood) {
  EXPECT_EQ(ParseListenAddress("unix:/a/b")->socket_path, "/a/b");
  EXPECT_EQ(ParseListenAddress("unix:///a/b")->socket_path, "/a/b");
  EXPECT_TRUE(ParseListenAddress("127.0.0.1:0")->is_loopback);
  EXPECT_TRUE(ParseListenAddress("localhost:7070")->is_loopback);
  EXPECT_TRUE(ParseListenAddress("[::1]:7070")->is_loopback);
  EXPECT_FALSE(ParseListenAddress("0.0.0.0:7070")->is_loopback);
  EXPECT_FALSE(ParseListenAddress("localhost.example.org:7070")->is_loopback);
  for (const char* wrong : {"", "7070", "host", "host:", "host:x", "host:70000", ":7070", "unix:"}) {
    EXPECT_FALSE(ParseListenAddress(wrong).ok()) << wrong;
  }
}

TEST(ListenTest, BeyondLoopbackItSaysWhatIsMissing) {
  ServerOptions options;
  options.address = "0.0.0.0:7070";
  const ListenAddress address = *ParseListenAddress(options.address);
  EXPECT_THAT(std::string(CheckListenOptions(address, options).message()),
              testing::AllOf(HasSubstr("--tls-certificate FILE --tls-key FILE --token-file FILE"),
                             HasSubstr("openssl rand -hex 32"), HasSubstr("listen on 127.0.0.1")));
  options.tls_certificate_file = "c";
  options.tls_key_file = "k";
  EXPECT_THAT(std::string(CheckListenOptions(address, options).message()), HasSubstr("add --token-file FILE"));
  options.token_file = "t";
  EXPECT_TRUE(CheckListenOptions(address, options).ok());
}

TEST(ListenTest, OneServerADataDirectory) {
  const e2e::TemporaryDirectory directory;
  ServerOptions options;
  options.data_directory = directory.path();
  const auto first = Server::Start(options);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Server::Start(options);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("another server uses"));
}

TEST(ListenTest, OneServerASocket) {
  const e2e::TemporaryDirectory directory;
  ServerOptions options;
  options.data_directory = directory.path() + "/first";
  options.address = absl::StrCat("unix:", directory.path(), "/socket");
  const auto first = Server::Start(options);
  ASSERT_TRUE(first.ok()) << first.status();
  options.data_directory = directory.path() + "/second";
  const auto second = Server::Start(options);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("a server answers on"));
}

// A server with TLS and a token, as for other machines; here it listens on loopback.
class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string base = directory_.path();
    ASSERT_EQ(std::system(absl::StrCat("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "
                                       "subjectAltName=DNS:localhost -keyout ",
                                       base, "/key.pem -out ", base, "/cert.pem 2>/dev/null")
                              .c_str()),
              0);
    std::ofstream(base + "/tokens") << "# ours\n0123456789abcdef0123456789abcdef\n";
    ServerOptions options;
    options.data_directory = base + "/data";
    options.address = "localhost:0";
    options.tls_certificate_file = base + "/cert.pem";
    options.tls_key_file = base + "/key.pem";
    options.token_file = base + "/tokens";
    auto server = Server::Start(options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  grpc::Status Call(const std::shared_ptr<grpc::ChannelCredentials>& credentials, const std::string& authorization) {
    const auto stub = v1::ServerService::NewStub(grpc::CreateChannel(server_->address(), credentials));
    grpc::ClientContext context;
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    v1::ServerInfo info;
    return stub->GetServerInfo(&context, v1::GetServerInfoRequest(), &info);
  }

  std::shared_ptr<grpc::ChannelCredentials> Tls() {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = Read(directory_.path() + "/cert.pem");
    return grpc::SslCredentials(options);
  }

  const e2e::TemporaryDirectory directory_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, OnlyTheRightTokenOverTlsIsServed) {
  EXPECT_TRUE(Call(Tls(), "Bearer 0123456789abcdef0123456789abcdef").ok());
  for (const char* wrong : {"", "Bearer 0123456789abcdef0123456789abcdee", "Bearer ",
                            "0123456789abcdef0123456789abcdef", "Basic 0123456789abcdef0123456789abcdef"}) {
    const grpc::Status status = Call(Tls(), wrong);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << wrong;
    EXPECT_THAT(status.error_message(), HasSubstr("authorization: Bearer TOKEN")) << wrong;
  }
  EXPECT_EQ(Call(grpc::InsecureChannelCredentials(), "Bearer 0123456789abcdef0123456789abcdef").error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST(TokenFileTest, BadFilesAreRefusedWithTheirLine) {
  const e2e::TemporaryDirectory directory;
  const std::string path = directory.path() + "/tokens";
  ServerOptions options;
  options.data_directory = directory.path() + "/data";
  options.token_file = path;
  std::ofstream(path) << "\n# nothing\n";
  EXPECT_THAT(std::string(Server::Start(options).status().message()), HasSubstr("holds no token"));
  std::ofstream(path) << "short\n";
  EXPECT_THAT(std::string(Server::Start(options).status().message()), HasSubstr("tokens:1: a token needs at least 16"));
}

}  // namespace
}  // namespace descent::server
