#include "worker/frame.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
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

TEST_CASE("frames that mean more than they say are refused") {
  const auto refused = [](const std::string& text) {
    const Pair pair;
    std::string frame(4, '\0');
    for (unsigned i = 0; i < 4; ++i) frame[i] = static_cast<char>(text.size() >> (8 * i));
    frame += text;
    FrameReader reader;
    std::size_t sent = 0;
    while (sent < frame.size()) {
      const std::size_t piece = std::min<std::size_t>(frame.size() - sent, 65536);
      send_raw(pair.a.get(), frame.substr(sent, piece));
      sent += piece;
      reader.read_some(pair.b.get());
    }
    try {
      static_cast<void>(reader.take());
    } catch (const ProtocolError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refused("{\"a\":" + std::string(100000, '[')) == "a frame that is nested too deeply");
  std::string wide = "{\"a\":[0";
  for (int i = 0; i < 1'500'000; ++i) wide += ",0";
  CHECK(refused(wide + "]}") == "a frame of too many values");
  CHECK(refused("{\"a\":[[1,2],{\"b\":null}]}") == "accepted");
}

TEST_CASE("a thousand damaged streams are frames or protocol errors, never worse") {
  std::mt19937 random(7);
  std::string stream;
  for (const char* text : {R"({"ns":[1,2,3]})", R"({"error":{"status":7,"step":"run"}})",
                           R"({"log":{"level":1,"text":"\u00e4"}})"}) {
    const std::string body = text;
    stream += std::string{static_cast<char>(body.size()), '\0', '\0', '\0'} + body;
  }
  int errors = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string damaged = stream;
    for (unsigned flips = 0; flips < 1 + round % 4U; ++flips) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    damaged.resize(random() % (damaged.size() + 1));
    if (damaged.empty()) continue;
    const Pair pair;
    send_raw(pair.a.get(), damaged);
    FrameReader reader;
    CHECK(reader.read_some(pair.b.get()));
    try {
      while (reader.take()) {
      }
    } catch (const ProtocolError&) {
      ++errors;
    }
  }
  CHECK(errors > 100);
}
