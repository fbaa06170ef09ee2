#include "worker/frame.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace bitgate::worker {
namespace {

constexpr std::size_t kHeader = 4;
constexpr int kMostDepth = 32;
constexpr std::size_t kMostValues = 1'000'000;

[[noreturn]] void raise(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// A few bytes of text can stand for many of memory, so what a frame may hold is limited.
nlohmann::json parse(std::string_view text) {
  using Event = nlohmann::json::parse_event_t;
  std::size_t values = 0;
  const auto limit = [&](int depth, Event event, nlohmann::json&) {
    const bool opens = event == Event::object_start || event == Event::array_start;
    if (opens && depth > kMostDepth) throw ProtocolError("a frame that is nested too deeply");
    if ((opens || event == Event::value) && ++values > kMostValues) {
      throw ProtocolError("a frame of too many values");
    }
    return true;
  };
  nlohmann::json json = nlohmann::json::parse(text, limit, false);
  if (!json.is_object()) throw ProtocolError("a frame that is no JSON object");
  return json;
}

}  // namespace

void send_frame(int socket, const nlohmann::json& frame, int fd) {
  const std::string text = frame.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > kMaxFrame) throw ProtocolError("a frame of more than 16 MiB");
  const auto size = static_cast<std::uint32_t>(text.size());
  std::string bytes(kHeader, '\0');
  for (std::size_t i = 0; i < kHeader; ++i) bytes[i] = static_cast<char>(size >> (8 * i));
  bytes += text;

  std::size_t sent = 0;
  while (sent < bytes.size()) {
    iovec part{bytes.data() + sent, bytes.size() - sent};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (fd >= 0 && sent == 0) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(header), &fd, sizeof(int));
    }
    const ssize_t count = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) raise("sending to the other side");
    sent += static_cast<std::size_t>(count);
  }
}

std::optional<FrameReader::Frame> FrameReader::take() {
  if (buffer_.size() < kHeader) return std::nullopt;
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < kHeader; ++i) {
    size |= static_cast<std::uint32_t>(static_cast<unsigned char>(buffer_[i])) << (8 * i);
  }
  if (size > kMaxFrame) throw ProtocolError("a frame of more than 16 MiB");
  if (buffer_.size() < kHeader + size) return std::nullopt;
  nlohmann::json json = parse({buffer_.data() + kHeader, size});
  buffer_.erase(0, kHeader + size);
  return Frame{std::move(json), std::move(fd_)};
}

bool FrameReader::read_some(int socket) {
  std::array<char, 65536> data;
  iovec part{data.data(), data.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t count = 0;
  do {
    count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == ECONNRESET) return false;
  if (count < 0) raise("receiving from the other side");
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof(int));
    fd_ = Fd(fd);
  }
  buffer_.append(data.data(), static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace bitgate::worker
