# How a plugin is built: by this project and, from the installed package, by anyone's.

# bitgate_add_plugin(NAME KIND backend|reporter [ID id VERSION version] SOURCES FILES…): a plugin library
# NAME.so that exports only its query symbol and finds nothing but its own code. The sources get ID and
# VERSION as the texts BITGATE_PLUGIN_ID and BITGATE_PLUGIN_VERSION, for the identity note.
#
# From the installed package there is also a rule to install the plugin beside bitgate's own, under the same
# prefix, and, where testing is enabled, a test that the plugin conforms; it is skipped where the plugin
# finds no device.
function(bitgate_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "KIND;ID;VERSION" "SOURCES")
  if(NOT ARG_KIND MATCHES "^(backend|reporter)$" OR NOT ARG_SOURCES OR ARG_UNPARSED_ARGUMENTS
      OR (ARG_ID AND NOT ARG_VERSION) OR (ARG_VERSION AND NOT ARG_ID))
    message(FATAL_ERROR
      "write bitgate_add_plugin(${name} KIND backend|reporter [ID id VERSION version] SOURCES FILES...)")
  endif()
  if("${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}" MATCHES "-ffast-math|-Ofast")
    message(WARNING "${name}: -ffast-math makes a library change the floating-point mode of the process "
      "that loads it, and results inexact; set it for single files instead")
  endif()

  add_library(${name} MODULE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE bitgate::sdk)
  if(ARG_ID)
    target_compile_definitions(${name} PRIVATE
      BITGATE_PLUGIN_ID="${ARG_ID}" BITGATE_PLUGIN_VERSION="${ARG_VERSION}")
  endif()
  set_target_properties(${name} PROPERTIES
    PREFIX ""
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  # Hidden visibility alone leaves what the C++ library's headers declare visible.
  set(exports ${CMAKE_CURRENT_BINARY_DIR}/${name}.exports)
  file(CONFIGURE OUTPUT ${exports} CONTENT "{ global: bg_plugin_query_v*; local: *; };\n")
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${exports})
  target_link_options(${name} PRIVATE -Wl,-z,now -Wl,--exclude-libs,ALL -Wl,--version-script=${exports})
  # A sanitizer's runtime is in the program, so its symbols are undefined here.
  if(NOT BITGATE_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()

  if(TARGET bitgate::bitgate)  # the package's program
    install(TARGETS ${name} LIBRARY DESTINATION lib/bitgate/plugins)
    add_test(NAME conform_${name} COMMAND bitgate::bitgate plugin check $<TARGET_FILE:${name}>)
    # Nothing could be checked here, for want of a device: that is no pass.
    set_tests_properties(conform_${name} PROPERTIES SKIP_RETURN_CODE 5)
  endif()
endfunction()
