# Writes OUTPUT, a header with the commit of SOURCE_DIR; touches it only when the commit changed.
execute_process(COMMAND git describe --always --dirty --abbrev=12 --exclude "*"
  WORKING_DIRECTORY ${SOURCE_DIR} OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE
  RESULT_VARIABLE status ERROR_QUIET)
if(NOT status EQUAL 0)
  set(revision "unknown")
endif()
set(content "#pragma once\n#define BITGATE_GIT_REVISION \"${revision}\"\n")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} existing)
endif()
if(NOT "${existing}" STREQUAL "${content}")
  file(WRITE ${OUTPUT} "${content}")
endif()
