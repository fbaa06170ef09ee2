# The script behind bitgate_embed_files: writes OUTPUT. Texts are cut into pieces, since compilers limit
# the length of one literal.
set(entries "")
string(REPLACE "|" ";" names "${FILES}")
foreach(name IN LISTS names)
  file(READ ${DIRECTORY}/${name} rest)
  string(APPEND entries "    {\"${name}\",\n")
  while(NOT rest STREQUAL "")
    string(SUBSTRING "${rest}" 0 8000 piece)
    string(LENGTH "${piece}" length)
    string(SUBSTRING "${rest}" ${length} -1 rest)
    string(APPEND entries "     R\"~(${piece})~\"\n")
  endwhile()
  string(APPEND entries "    },\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"base/embedded_file.hpp\"

namespace bitgate {

std::span<const EmbeddedFile> ${FUNCTION}();
std::span<const EmbeddedFile> ${FUNCTION}() {
  static constexpr EmbeddedFile kFiles[] = {
${entries}  };
  return kFiles;
}

}  // namespace bitgate
")
