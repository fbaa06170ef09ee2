// Whatever a worker sends is a frame or a protocol error, never worse. The first byte says how the
// rest is cut into pieces.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "worker/frame.hpp"

using namespace bitgate::worker;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return 0;
  const Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  const std::size_t piece = std::size_t{data[0]} + 1;
  FrameReader reader;
  try {
    for (std::size_t at = 1; at < size; at += piece) {
      const std::size_t count = std::min(piece, size - at);
      if (::send(theirs.get(), data + at, count, 0) < 0) return 0;
      reader.read_some(ours.get());
      while (reader.take()) {
      }
    }
  } catch (const ProtocolError&) {
    return 0;
  }
  return 0;
}
