#include "worker/elf_note.hpp"

#include <bitgate/abi.h>

#include <cstdint>
#include <random>

#include "base/file.hpp"
#include "support/catch.hpp"
#include "support/program.hpp"

using bitgate::test::TemporaryDirectory;
using bitgate::worker::Identity;
using bitgate::worker::read_identities;
using Catch::Matchers::Contains;

namespace {

std::string plugin_bytes() { return bitgate::read_file(ZOO_PLUGIN, std::uint64_t{1} << 30); }

}  // namespace

TEST_CASE("a plugin's identity is read from its file") {
  const std::vector<Identity> identities = read_identities(ZOO_PLUGIN);
  REQUIRE(identities.size() == 1);
  CHECK(identities[0].id == "test.zoo");
  CHECK(identities[0].kind == "backend");
  CHECK(identities[0].version == "1.0.0");
  CHECK(identities[0].abi() == "1." + std::to_string(BG_ABI_MINOR));
  CHECK_THAT(identities[0].build, Contains(", C++, "));
}

TEST_CASE("files that are no plugins are refused with what they lack") {
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH(read_identities(directory / "nothing.so"), Contains("no regular file"));
  CHECK_THROWS_WITH(read_identities(directory.path()), Contains("no regular file"));
  CHECK_THROWS_WITH(read_identities(directory.write("empty.so", "")), Contains("cut short"));
  CHECK_THROWS_WITH(read_identities(directory.write("text.so", std::string(4096, 'x'))),
                    Contains("no 64-bit"));
  CHECK_THROWS_WITH(read_identities("/proc/self/exe"), Contains("no bitgate note"));
}

TEST_CASE("a plugin cut short anywhere is refused or still fully read, never worse") {
  const std::string bytes = plugin_bytes();
  const TemporaryDirectory directory;
  for (std::size_t size = 0; size < 4096; size += 64) {
    const std::string path = directory.write("cut.so", bytes.substr(0, size));
    try {
      const std::vector<Identity> identities = read_identities(path);
      CHECK(identities.front().id == "test.zoo");
    } catch (const std::runtime_error& error) {
      CHECK(std::string(error.what()).size() > 5);
    }
  }
}

TEST_CASE("flipped bytes in the headers never do worse than an error") {
  const std::string bytes = plugin_bytes();
  const TemporaryDirectory directory;
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::string changed = bytes.substr(0, 65536);
    for (int flips = 0; flips < 4; ++flips) {
      changed[random() % 2048] = static_cast<char>(random());
    }
    const std::string path = directory.write("flipped.so", changed);
    try {
      static_cast<void>(read_identities(path));
    } catch (const std::runtime_error&) {
      SUCCEED();
    }
  }
}
