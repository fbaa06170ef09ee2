# bitgate_embed_files(OUT FUNCTION DIRECTORY FILES…): sets OUT to a generated source that defines
# std::span<const bitgate::EmbeddedFile> bitgate::FUNCTION(), the texts of these files. The files are named
# relative to DIRECTORY, which must lie in the source tree.
function(bitgate_embed_files out function directory)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp)
  list(TRANSFORM ARGN PREPEND ${directory}/ OUTPUT_VARIABLE inputs)
  list(JOIN ARGN "|" files)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DFUNCTION=${function} -DDIRECTORY=${directory} -DFILES=${files}
            -DOUTPUT=${source} -P ${PROJECT_SOURCE_DIR}/cmake/EmbedFilesScript.cmake
    DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/cmake/EmbedFilesScript.cmake VERBATIM)
  set(${out} ${source} PARENT_SCOPE)
endfunction()
