# Helpers that give every target the same flags and layout.
#
#   descent_library(NAME SOURCES a.cc b.cc DEPENDS lib ...)   a static library; public dependencies
#   descent_executable(NAME SOURCES ... DEPENDS ...)
#   descent_test(NAME SOURCES ... DEPENDS ... [TIMEOUT seconds] [LABELS label])   GoogleTest, found by ctest case by case

include(GNUInstallDirs)

function(descent_flags target)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  # -ffp-contract=off: a product and a sum never merge, so that scalar remainders and vector bodies of a loop give the
  # same bits.
  # -Wno-maybe-uninitialized: g++ 12 warns of std::optional's own storage.
  target_compile_options(${target} PRIVATE -Wall -Wextra -Werror -Wno-sign-compare -ffp-contract=off
                                           $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
                                           $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
  if(DESCENT_CPU)
    target_compile_options(${target} PRIVATE -march=${DESCENT_CPU})
  endif()
  if(DESCENT_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(DESCENT_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${DESCENT_SANITIZE} -fno-sanitize-recover=all
                                            -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${DESCENT_SANITIZE})
  endif()
endfunction()

function(descent_library target)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${target} STATIC ${ARG_SOURCES})
  descent_flags(${target})
  target_link_libraries(${target} PUBLIC ${ARG_DEPENDS})
endfunction()

function(descent_executable target)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${target} ${ARG_SOURCES})
  descent_flags(${target})
  target_link_libraries(${target} PRIVATE ${ARG_DEPENDS})
endfunction()

function(descent_test target)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  if(DESCENT_SANITIZE)
    math(EXPR ARG_TIMEOUT "5 * ${ARG_TIMEOUT}")
  endif()
  add_executable(${target} ${ARG_SOURCES})
  descent_flags(${target})
  target_link_libraries(${target} PRIVATE ${ARG_DEPENDS} GTest::gmock_main)
  set(labels)
  if(ARG_LABELS)
    set(labels LABELS ${ARG_LABELS})
  endif()
  # One variable in each of two properties: gtest_discover_tests takes lists apart, so none can have two values.
  gtest_discover_tests(${target} DISCOVERY_TIMEOUT 120
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} ${labels}
      ENVIRONMENT "DESCENT_SOURCE_DIR=${CMAKE_SOURCE_DIR}"
      ENVIRONMENT_MODIFICATION "DESCENT_BINARY_DIR=set:${CMAKE_BINARY_DIR}")
endfunction()
