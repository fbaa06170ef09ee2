# How every target of this project is built: C++20, warnings as errors, hidden symbols, and a build
# tree laid out like the installed one.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(BITGATE_PLUGIN_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/bitgate/plugins)
set(BITGATE_PLUGIN_INSTALL_DIR ${CMAKE_INSTALL_LIBDIR}/bitgate/plugins)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)
if(BITGATE_SANITIZE)
  add_compile_options(-fsanitize=${BITGATE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BITGATE_SANITIZE})
endif()

# bitgate_core_library(NAME FILES… [LINK LIBS…]): a static library bitgate_NAME of one folder of core/.
function(bitgate_core_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(bitgate_${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(bitgate_${name} PUBLIC ${PROJECT_SOURCE_DIR}/core)
  target_link_libraries(bitgate_${name} PUBLIC ${ARG_LINK})
endfunction()

# bitgate_add_plugin(NAME KIND backend|reporter SOURCES FILES…): a plugin library that exports only
# its query symbol and finds nothing but its own code.
function(bitgate_add_plugin name)
  cmake_parse_arguments(ARG "" "KIND" "SOURCES" ${ARGN})
  add_library(${name} MODULE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE bitgate::sdk)
  set_target_properties(${name} PROPERTIES
    PREFIX ""
    CXX_VISIBILITY_PRESET hidden
    C_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY ${BITGATE_PLUGIN_OUTPUT_DIRECTORY})
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  # Hidden visibility alone leaves what the C++ library's headers declare visible.
  set(exports ${CMAKE_CURRENT_BINARY_DIR}/${name}.exports)
  file(CONFIGURE OUTPUT ${exports} CONTENT "{ global: bg_plugin_query_v*; local: *; };\n")
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${exports})
  target_link_options(${name} PRIVATE -Wl,-z,now -Wl,--exclude-libs,ALL -Wl,--version-script=${exports})
  if(NOT BITGATE_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
