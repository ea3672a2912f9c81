// descentd: the server's command line.
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "core/base/local_address.h"
#include "server/build_info.h"
#include "server/server.h"

namespace {

void AddOptions(CLI::App* app, descent::server::ServerOptions* options) {
  app->add_option("--data-dir", options->data_directory, "Directory of jobs and datasets; made if missing")
      ->required()
      ->envname("DESCENT_DATA_DIR");
  app->add_option(
         "--listen", options->address,
         "unix:/path/to/socket, or HOST:PORT (port 0: a free one). Beyond loopback it needs --tls-certificate, "
         "--tls-key and --token-file")
      ->default_val(descent::core::LocalAddress());
  app->add_option("--tls-certificate", options->tls_certificate_file, "PEM file of the certificate chain");
  app->add_option("--tls-key", options->tls_key_file, "PEM file of the certificate's key");
  app->add_option("--token-file", options->token_file, "File of accepted tokens, one a line: openssl rand -hex 32");
  app->add_option("--max-running-jobs", options->max_running_jobs, "Jobs that run at a time; 0: one a processor")
      ->check(CLI::Range(0, 4096));
  app->add_option("--max-threads", options->max_threads, "Most threads of a job; 0: one a processor")
      ->check(CLI::Range(0, 4096));
  app->add_option("--disk-budget", options->disk_budget_bytes,
                  "Bytes on disk above which new jobs and datasets are refused (20GB, 500MiB); default: nine tenths of "
                  "what is free")
      ->transform(CLI::AsSizeValue(false));
  app->add_option("--log-budget", options->log_byte_budget,
                  "Bytes of one job's step log above which its oldest parameters, then rows, are thinned out")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  app->add_option("--segment-size", options->segment_bytes, "Bytes that retention thins or drops at once")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  app->add_option("--max-upload", options->max_upload_bytes, "Largest upload in bytes")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  app->footer(
      "Examples:\n"
      "  descentd --data-dir ~/descent                      serve this user on the local socket\n"
      "  descentd --data-dir /srv/descent --listen 0.0.0.0:7070 --tls-certificate cert.pem --tls-key key.pem "
      "--token-file tokens");
}

}  // namespace

int main(int argc, char** argv) {
  // Signals are waited for below; threads made later inherit the mask.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  spdlog::set_default_logger(spdlog::stderr_color_mt("descentd"));
  CLI::App app("descentd hosts training jobs and streams every step of them.", "descentd");
  app.set_version_flag("--version", descent::server::BuildName());
  descent::server::ServerOptions options;
  options.log_error = [](const std::string& message) { spdlog::error(message); };
  AddOptions(&app, &options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  absl::StatusOr<std::unique_ptr<descent::server::Server>> server = descent::server::Server::Start(options);
  if (!server.ok()) {
    spdlog::error("cannot start: {}", std::string(server.status().message()));
    return 1;
  }
  // The first line on standard output tells scripts where to connect.
  std::printf("descentd %s serves on %s\n", descent::server::BuildName().c_str(), (*server)->address().c_str());
  std::fflush(stdout);
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  spdlog::info("stopping: running jobs make a checkpoint and go on at the next start");
  (*server)->Shutdown(absl::Seconds(10));
  return 0;
}
