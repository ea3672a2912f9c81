# Every library from outside, with the reason it was chosen. All are Debian packages, see scripts/setup.
find_package(Threads REQUIRED)
find_package(absl REQUIRED)                  # status, strings, flat maps, time: the house's base library
find_package(Eigen3 REQUIRED NO_MODULE)      # dense products with a fixed order of summation
find_package(Protobuf REQUIRED)              # messages of the public API
find_package(gRPC CONFIG REQUIRED)           # the public API's transport
find_package(SQLite3 REQUIRED)               # jobs and datasets by name, queries over them
find_package(ZLIB REQUIRED)                  # CRC-32 of log records, checkpoints and upload messages
find_package(OpenSSL REQUIRED)               # SHA-256 of datasets; gRPC brings it in any case
find_package(spdlog REQUIRED)                # the server's log
find_package(CLI11 REQUIRED)                 # command lines of descent and descentd
find_package(yaml-cpp REQUIRED)              # job specs in files, with line and column
if(DESCENT_BUILD_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
# Header-only, without a CMake package: Random123 (counter-based random numbers), fast_float (exact, fast text to double).
