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

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)
set(BITGATE_SANITIZED 0)  # a list of sanitizers can't stand in a generator expression
if(BITGATE_SANITIZE)
  set(BITGATE_SANITIZED 1)
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

# bitgate_precompile(TARGET): its files find the JSON and the format library parsed, which is half of what
# it takes to compile them. Not with a compiler cache, which can't look into what is precompiled.
function(bitgate_precompile target)
  if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
    target_precompile_headers(${target} PRIVATE <nlohmann/json.hpp> <fmt/format.h>)
  endif()
endfunction()
