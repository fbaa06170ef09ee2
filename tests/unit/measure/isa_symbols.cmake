# Fails if one of the OBJECTS objects of ARCHIVE that were compiled for one instruction set defines
# anything but its table of kernels: a weak symbol could be the copy that the linker keeps for everyone.
execute_process(COMMAND ${NM} --defined-only --extern-only ${ARCHIVE}
  OUTPUT_VARIABLE listing RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${NM} can't list ${ARCHIVE}")
endif()

set(objects 0)
string(REPLACE "\n" ";" lines "${listing}")
foreach(line IN LISTS lines)
  if(line MATCHES "^(.*)\\.o:$")
    set(object "${CMAKE_MATCH_1}")
    if(object MATCHES "^ceiling_(avx|neon)")
      math(EXPR objects "${objects} + 1")
    endif()
  elseif(object MATCHES "^ceiling_(avx|neon)" AND line MATCHES " ([A-Za-z]) (.*)$"
         AND NOT CMAKE_MATCH_2 MATCHES "kCeiling(Avx|Neon)")
    message(SEND_ERROR "${object} defines ${CMAKE_MATCH_2} (${CMAKE_MATCH_1})")
  endif()
endforeach()
if(NOT objects EQUAL OBJECTS)
  message(SEND_ERROR "${objects} objects with kernels of one instruction set found, not ${OBJECTS}")
endif()
