// libFuzzer: gguf_fuzz -max_len=20000 tests/unit/model/golden
#include <cstddef>
#include <cstdint>

#include "fuzz/read_gguf.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(bitgate::test::read_gguf({reinterpret_cast<const char*>(data), size}));
  return 0;
}
