// Whatever is done to a file, it is read or refused, in memory that the size of the file bounds.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <new>
#include <random>
#include <sstream>

#include "fuzz/read_gguf.hpp"
#include "support/catch.hpp"

namespace {

std::size_t allocated = 0;  ///< bytes asked for since it was last set to 0

void* counted(std::size_t size) {
  allocated += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace bitgate;
using namespace bitgate::model;

namespace {

std::string golden(const std::string& name) {
  std::ifstream file(BITGATE_GOLDEN "/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE(text.str().size() > 4096);
  return text.str();
}

/// The end of the last tensor's data: only padding follows.
std::uint64_t data_end(const std::string& file) {
  const Gguf gguf = Gguf::parse(file, "f.gguf");
  return gguf.tensors().back().offset + gguf.tensors().back().bytes.size();
}

std::uint64_t data_begin(const std::string& file) {
  return Gguf::parse(file, "f.gguf").tensors().front().offset;
}

/// Empty if the bytes are read; else the message, which must name a byte of the file and a fix.
std::string refusal(const std::string& bytes) {
  allocated = 0;
  std::string message;
  std::uint64_t offset = 0;
  try {
    static_cast<void>(Gguf::parse(bytes, "f.gguf"));
  } catch (const GgufError& error) {
    message = error.what();
    offset = error.offset();
  }
  const std::size_t used = allocated;
  if (message.empty()) return message;
  CHECK(offset <= bytes.size());
  CHECK(used <= 32 * bytes.size() + 16384);
  CHECK(message.find("f.gguf: byte " + std::to_string(offset) + ": ") == 0);
  CHECK(message.find("; ") != std::string::npos);
  return message;
}

template <typename T>
void overwrite(std::string& bytes, std::size_t at, T value) {
  bytes.replace(at, sizeof(T), reinterpret_cast<const char*>(&value), sizeof(T));
}

}  // namespace

TEST_CASE("a file cut anywhere before the end of its data is refused") {
  for (const char* name : {"bitnet.gguf", "bitnet-b1.58.gguf"}) {
    const std::string whole = golden(name);
    const std::uint64_t end = data_end(whole);
    for (std::uint64_t size = 0; size < end; size += size < data_begin(whole) ? 1 : 64) {
      CAPTURE(name, size);
      REQUIRE_FALSE(refusal(whole.substr(0, size)).empty());
    }
    CHECK_FALSE(refusal(whole.substr(0, end - 1)).empty());
    CHECK(refusal(whole.substr(0, end)).empty());
  }
}

TEST_CASE("a file with any bit or byte of its head changed is read or refused") {
  const std::string whole = golden("bitnet.gguf");
  std::size_t refused = 0;
  for (std::size_t at = 0; at < data_begin(whole); ++at) {
    for (const int change : {0x01, 0x80, 0xFF}) {
      CAPTURE(at, change);
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      const bool is_refused = !refusal(bytes).empty();
      refused += is_refused ? 1 : 0;
      if (at < 24) CHECK(is_refused);  // magic, version and both counts
      static_cast<void>(test::read_gguf(bytes));
    }
  }
  CHECK(refused > 500);
}

TEST_CASE("a huge number anywhere in the head takes no memory") {
  const std::string whole = golden("bitnet-b1.58.gguf");
  for (std::size_t at = 4; at + 8 <= data_begin(whole); ++at) {
    for (const std::uint64_t huge : {~0ULL, 1ULL << 63, 1ULL << 40, 1ULL << 31}) {
      CAPTURE(at, huge);
      std::string bytes = whole;
      overwrite(bytes, at, huge);
      static_cast<void>(refusal(bytes));
    }
  }
}

TEST_CASE("a file of the smallest entries takes a small multiple of its size") {
  constexpr std::uint64_t kCount = 20'000;
  std::string bytes = "GGUF";
  bytes.resize(24);
  overwrite(bytes, 4, std::uint32_t{3});
  overwrite(bytes, 16, kCount);
  for (std::uint64_t i = 0; i < kCount; ++i) {
    std::string entry(8, '\0');
    const std::string key = std::to_string(i);
    overwrite(entry, 0, std::uint64_t{key.size()});
    bytes += entry + key + std::string("\0\0\0\0\1", 5);
  }
  allocated = 0;
  CHECK(Gguf::parse(bytes, "f.gguf").values().size() == kCount);
  CHECK(allocated <= 32 * bytes.size());
}

TEST_CASE("five thousand mutations of good files are read or refused, never more") {
  const std::string files[] = {golden("bitnet.gguf"), golden("bitnet-b1.58.gguf")};
  std::mt19937 random(20240229);
  const auto below = [&](std::size_t end) { return random() % end; };
  std::size_t accepted = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string bytes = files[i % 2];
    const std::size_t head = data_begin(bytes);
    for (std::size_t round = 0; round <= below(3); ++round) {
      const std::size_t at = below(std::min(head, bytes.size()));
      const std::size_t length = below(24);
      switch (below(4)) {
        case 0:
          bytes[at] = static_cast<char>(below(256));
          break;
        case 1:
          bytes.erase(at, length);
          break;
        case 2:
          bytes.insert(at, bytes.substr(below(head / 2), length));
          break;
        default:
          if (at + 4 <= bytes.size()) overwrite(bytes, at, static_cast<std::uint32_t>(below(64)));
      }
    }
    CAPTURE(i);
    const bool is_refused = !refusal(bytes).empty();
    CHECK(test::read_gguf(bytes) != is_refused);
    accepted += is_refused ? 0 : 1;
  }
  CHECK(accepted > 100);
  CHECK(accepted < 4500);
}
