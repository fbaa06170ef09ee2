# The package that plugins outside this project are built with. The installed tree is a fixed shape that
# can be moved as a whole, since the program finds its plugins and pipelines beside itself:
#   bin/bitgate  lib/bitgate/plugins/*.so  share/bitgate/*  include/bitgate/*  lib/cmake/bitgate/*
include(CMakePackageConfigHelpers)

install(TARGETS bitgate EXPORT bitgateTargets RUNTIME DESTINATION bin)
install(TARGETS bitgate_sdk EXPORT bitgateTargets)
install(DIRECTORY core/sdk/include/bitgate DESTINATION include)
install(FILES LICENSE DESTINATION share/doc/bitgate)

set(package lib/cmake/bitgate)
install(EXPORT bitgateTargets NAMESPACE bitgate:: DESTINATION ${package})
configure_package_config_file(cmake/bitgateConfig.cmake.in ${PROJECT_BINARY_DIR}/bitgateConfig.cmake
  INSTALL_DESTINATION ${package} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/bitgateConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
  ${PROJECT_BINARY_DIR}/bitgateConfig.cmake
  ${PROJECT_BINARY_DIR}/bitgateConfigVersion.cmake
  cmake/BitgatePlugin.cmake
  DESTINATION ${package})
