# What a builder can choose. Presets set these, see CMakePresets.json.
option(DESCENT_BUILD_TESTS "Build the tests" ON)
option(DESCENT_CORE_ONLY "Build only what does without gRPC and Protobuf, and its tests" OFF)
option(DESCENT_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(DESCENT_SANITIZE "" CACHE STRING "Sanitizers: empty, address,undefined or thread")
set(DESCENT_CPU "x86-64-v3" CACHE STRING
    "Instruction sets to build for (-march). Bits are promised per build and CPU class; descentd refuses to start on less")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# A compiler cache and a fast linker, where they are.
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
