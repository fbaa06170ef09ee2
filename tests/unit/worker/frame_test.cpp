#include "worker/frame.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "support/catch.hpp"

using namespace bitgate::worker;
using nlohmann::json;

namespace {

struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    a = Fd(ends[0]);
    b = Fd(ends[1]);
  }
  Fd a;
  Fd b;
};

FrameReader::Frame receive(FrameReader& reader, int socket) {
  while (true) {
    if (auto frame = reader.take()) return std::move(*frame);
    REQUIRE(reader.read_some(socket));
  }
}

void send_raw(int socket, const std::string& bytes) {
  REQUIRE(::send(socket, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
}

}  // namespace

TEST_CASE("frames arrive whole and in order, however they are cut") {
  const Pair pair;
  send_frame(pair.a.get(), {{"n", 1}});
  send_frame(pair.a.get(), {{"n", 2}, {"text", "grüße"}});
  FrameReader reader;
  CHECK(receive(reader, pair.b.get()).json == json({{"n", 1}}));
  CHECK(receive(reader, pair.b.get()).json["text"] == "grüße");

  send_raw(pair.a.get(), std::string("\x09\0\0", 3));
  CHECK(reader.read_some(pair.b.get()));
  CHECK_FALSE(reader.take());
  send_raw(pair.a.get(), std::string("\0{\"n\": 3", 8));
  CHECK(reader.read_some(pair.b.get()));
  CHECK_FALSE(reader.take());
  send_raw(pair.a.get(), " }");
  CHECK(receive(reader, pair.b.get()).json["n"] == 3);
}

TEST_CASE("a frame carries a descriptor, and shared memory shows the other side's writes") {
  const Pair pair;
  const SharedMemory mine(8192, "test");
  mine.as<int>()[7] = 42;
  send_frame(pair.a.get(), {{"size", 8192}}, mine.fd());
  FrameReader reader;
  FrameReader::Frame frame = receive(reader, pair.b.get());
  REQUIRE(frame.fd);
  const SharedMemory theirs(std::move(frame.fd), 8192);
  CHECK(theirs.as<int>()[7] == 42);
  theirs.as<int>()[8] = 43;
  CHECK(mine.as<int>()[8] == 43);
}

TEST_CASE("a region smaller than announced is refused") {
  const SharedMemory small(4096, "test");
  CHECK_THROWS_AS(SharedMemory(Fd(::dup(small.fd())), 8192), std::invalid_argument);
}

TEST_CASE("what is no frame is a protocol error") {
  const Pair pair;
  FrameReader reader;
  SECTION("a length beyond the limit") { send_raw(pair.a.get(), "\xFF\xFF\xFF\xFF"); }
  SECTION("no JSON") { send_raw(pair.a.get(), std::string("\3\0\0\0abc", 7)); }
  SECTION("JSON that is no object") { send_raw(pair.a.get(), std::string("\2\0\0\0[]", 6)); }
  CHECK(reader.read_some(pair.b.get()));
  CHECK_THROWS_AS(reader.take(), ProtocolError);
}

TEST_CASE("the end of the stream is told, and sending to nobody is an error and no signal") {
  Pair pair;
  pair.a.reset();
  FrameReader reader;
  CHECK_FALSE(reader.read_some(pair.b.get()));
  CHECK_THROWS_AS(send_frame(pair.b.get(), json::object()), std::system_error);
}

TEST_CASE("text that is no UTF-8 still makes a frame") {
  const Pair pair;
  send_frame(pair.a.get(), {{"text", "bad \xFF byte"}});
  FrameReader reader;
  CHECK(receive(reader, pair.b.get()).json["text"] == "bad \xEF\xBF\xBD byte");
}
