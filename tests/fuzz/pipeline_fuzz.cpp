// libFuzzer: pipeline_fuzz tests/pipelines/good tests/pipelines/bad
#include <cstddef>
#include <cstdint>

#include "fuzz/read_any.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(bitgate::test::read_any({reinterpret_cast<const char*>(data), size}));
  return 0;
}
