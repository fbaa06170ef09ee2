// Frames between host and worker: a 4-byte little-endian length and that many bytes of JSON, over a
// stream socket; a frame may carry one descriptor.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "worker/shared_memory.hpp"

namespace bitgate::worker {

inline constexpr std::uint32_t kMaxFrame = 16U << 20;

/// The other side sent what is no frame.
class ProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Sends one frame, blocking. `fd` < 0: no descriptor. Throws std::system_error (EPIPE if the other
/// side is gone; no signal is raised) and ProtocolError if the frame would be too large.
void send_frame(int socket, const nlohmann::json& frame, int fd = -1);

/// Collects frames from a socket.
class FrameReader {
 public:
  struct Frame {
    nlohmann::json json;
    Fd fd;
  };

  /// A frame that is already complete in the buffer.
  std::optional<Frame> take();

  /// Reads what the socket has to give (blocking if it is empty and blocking). False at the end of
  /// the stream. Throws std::system_error.
  bool read_some(int socket);

 private:
  std::string buffer_;
  Fd fd_;
};

}  // namespace bitgate::worker
