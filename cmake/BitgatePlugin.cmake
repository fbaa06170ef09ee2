# How a plugin is built: by this project and, from the installed package, by anyone's.

# bitgate_add_plugin(NAME KIND backend|reporter SOURCES FILES…): a plugin library NAME.so that exports
# only its query symbol and finds nothing but its own code.
function(bitgate_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "KIND" "SOURCES")
  if(NOT ARG_KIND MATCHES "^(backend|reporter)$" OR NOT ARG_SOURCES OR ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "write bitgate_add_plugin(${name} KIND backend|reporter SOURCES FILES...)")
  endif()
  add_library(${name} MODULE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE bitgate::sdk)
  set_target_properties(${name} PROPERTIES
    PREFIX ""
    CXX_VISIBILITY_PRESET hidden
    C_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE -Wl,-z,now -Wl,--exclude-libs,ALL)
  # A sanitizer's runtime is in the program, so its symbols are undefined here.
  if(NOT BITGATE_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
