# What `cmake --install` puts where:
#
#   bin/                    descentd, descent
#   lib/                    the client library, and the package `find_package(descent)` that gives descent::client
#   include/descent/        its headers and those of the API: "client/client.h", "descent/v1/job_service.pb.h"
#   share/descent/proto/    the API, for clients in other languages
#   share/descent/examples/ data, specs and programs
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(DESCENT_INSTALL_INCLUDE ${CMAKE_INSTALL_INCLUDEDIR}/descent)
set(DESCENT_INSTALL_PACKAGE ${CMAKE_INSTALL_LIBDIR}/cmake/descent)
set(DESCENT_INSTALL_SHARE ${CMAKE_INSTALL_DATADIR}/descent)

install(TARGETS descentd descent RUNTIME)

set_target_properties(descent_client PROPERTIES EXPORT_NAME client)
set_target_properties(descent_base PROPERTIES EXPORT_NAME base)
set_target_properties(descent_proto PROPERTIES EXPORT_NAME proto)
target_compile_features(descent_client PUBLIC cxx_std_20)
install(TARGETS descent_client descent_base descent_proto EXPORT descent_targets ARCHIVE
        INCLUDES DESTINATION ${DESCENT_INSTALL_INCLUDE})
install(EXPORT descent_targets NAMESPACE descent:: DESTINATION ${DESCENT_INSTALL_PACKAGE})
configure_package_config_file(cmake/descent-config.cmake.in ${CMAKE_BINARY_DIR}/descent-config.cmake
                              INSTALL_DESTINATION ${DESCENT_INSTALL_PACKAGE})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/descent-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/descent-config.cmake ${CMAKE_BINARY_DIR}/descent-config-version.cmake
        DESTINATION ${DESCENT_INSTALL_PACKAGE})

install(FILES client/backoff.h client/client.h client/errors.h client/options.h client/spec_file.h client/streams.h
              client/upload.h client/watch.h
        DESTINATION ${DESCENT_INSTALL_INCLUDE}/client)
install(FILES core/base/errors.h core/base/local_address.h core/base/mutex.h core/base/status.h
        DESTINATION ${DESCENT_INSTALL_INCLUDE}/core/base)
install(DIRECTORY ${CMAKE_BINARY_DIR}/proto/descent DESTINATION ${DESCENT_INSTALL_INCLUDE} FILES_MATCHING PATTERN *.pb.h)
install(DIRECTORY proto/descent DESTINATION ${DESCENT_INSTALL_SHARE}/proto FILES_MATCHING PATTERN *.proto)
install(DIRECTORY examples DESTINATION ${DESCENT_INSTALL_SHARE} PATTERN __pycache__ EXCLUDE)
