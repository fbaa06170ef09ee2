# Writes OUTPUT, an abi.h as some later minor version could be, from INPUT, today's: a higher minor,
# members appended to every struct that may grow, more statuses and interfaces.
file(READ ${INPUT} text)

function(require_change before after what)
  if(before STREQUAL after)
    message(FATAL_ERROR "${INPUT} has no ${what} to change")
  endif()
endfunction()

string(REGEX REPLACE "#define BG_ABI_MINOR [0-9]+" "#define BG_ABI_MINOR 7" changed "${text}")
require_change("${text}" "${changed}" BG_ABI_MINOR)
set(text "${changed}")

foreach(struct error host output plugin note device session_options tensor_desc op kernel run_args backend
        device_times device_timer footprint reporter)
  string(REPLACE "} bg_${struct};" "  uint64_t future_words[3];\n} bg_${struct};" changed "${text}")
  require_change("${text}" "${changed}" bg_${struct})
  set(text "${changed}")
endforeach()

string(REPLACE "#define BG_BACKEND_V1 " "#define BG_TRANSIENT_2 99
#define BG_FUTURE_V1 \"bitgate.future/1\"
#define BG_BACKEND_V1 " changed "${text}")
require_change("${text}" "${changed}" BG_BACKEND_V1)
file(WRITE ${OUTPUT} "${changed}")
