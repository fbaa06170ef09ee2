# How every Catch2 test of this project is built.

# Tests start the real program and its workers. A fault of a plugin's must reach the host as it does in a
# release, so the sanitizers leave signals alone; what they find themselves they still end the process for.
set(sanitizer_options
  "ASAN_OPTIONS=handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:allocator_may_return_null=1"
  "UBSAN_OPTIONS=print_stacktrace=1"
  "TSAN_OPTIONS=handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0")

# bitgate_skipped_tests(REASON NAMES…): in place of tests that can't be run in this build, so that they are
# reported as skipped.
function(bitgate_skipped_tests reason)
  foreach(name ${ARGN})
    add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo "SKIPPED: ${reason}")
    set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "^SKIPPED: ")
  endforeach()
endfunction()

# bitgate_unit_test(NAME FILES… [SERIAL] [UNOPTIMISED] LINK LIBS…): one Catch2 executable, one ctest of the same
# name. SERIAL: it measures, or counts processes, and runs while no other test does. UNOPTIMISED: it does
# little more than start programs and read what they say, and compiles in two thirds of the time.
function(bitgate_unit_test name)
  cmake_parse_arguments(ARG "SERIAL;UNOPTIMISED" "" "LINK" ${ARGN})
  add_executable(test_${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(test_${name} PRIVATE bitgate_test_main ${ARG_LINK})
  target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  if(ARG_UNOPTIMISED)
    target_compile_options(test_${name} PRIVATE -O0)
  endif()
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES
    RUN_SERIAL ${ARG_SERIAL} ENVIRONMENT "${sanitizer_options}" TIMEOUT 600)
endfunction()
