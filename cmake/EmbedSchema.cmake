# Writes OUTPUT, a source that returns the text of INPUT. The text is cut into pieces, since compilers
# limit the length of one literal.
file(READ ${INPUT} rest)
set(literals "")
while(NOT rest STREQUAL "")
  string(SUBSTRING "${rest}" 0 8000 piece)
  string(LENGTH "${piece}" length)
  string(SUBSTRING "${rest}" ${length} -1 rest)
  string(APPEND literals "    R\"~(${piece})~\"\n")
endwhile()
file(WRITE ${OUTPUT} "#include \"pipeline/schema.hpp\"

namespace bitgate {

std::string_view pipeline_schema() {
  return
${literals};
}

}  // namespace bitgate
")
