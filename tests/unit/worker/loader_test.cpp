#include "worker/loader.hpp"

#include <dlfcn.h>
#include <fcntl.h>

#include <filesystem>

#include "base/file.hpp"
#include "base/sha256.hpp"
#include "support/catch.hpp"
#include "support/program.hpp"
#include "worker/shared_memory.hpp"

namespace fs = std::filesystem;
using namespace bitgate::worker;
using bitgate::test::TemporaryDirectory;
using Catch::Matchers::Contains;

TEST_CASE("a plugin is loaded once its digest is right") {
  const std::string digest = bitgate::sha256_file(ZOO_PLUGIN);
  CHECK(load_plugin(ZOO_PLUGIN, digest, "test.zoo").kind == BG_KIND_BACKEND);
  CHECK_THROWS_WITH(load_plugin(ZOO_PLUGIN, digest, "test.other"),
                    Contains("test.other") && Contains("its query does not"));
}

TEST_CASE("a file that was changed, linked or taken away after it was found is not loaded") {
  const TemporaryDirectory directory;
  const std::string path = directory / "zoo.so";
  fs::copy_file(ZOO_PLUGIN, path);
  const std::string digest = bitgate::sha256_file(path);
  SECTION("changed") {
    const std::string bytes = bitgate::read_file(path, std::uint64_t{1} << 30);
    static_cast<void>(directory.write("zoo.so", bytes + "x"));
    CHECK_THROWS_WITH(load_plugin(path, digest, "test.zoo"),
                      Contains("changed after it was found"));
  }
  SECTION("replaced by a link") {
    fs::remove(path);
    fs::create_symlink(ZOO_PLUGIN, path);
    CHECK_THROWS_WITH(load_plugin(path, digest, "test.zoo"), Contains("can't be opened any more"));
  }
  SECTION("taken away") {
    fs::remove(path);
    CHECK_THROWS_WITH(load_plugin(path, digest, "test.zoo"), Contains("can't be opened any more"));
  }
}

TEST_CASE("what was mapped is compared with the file that was checked") {
  const TemporaryDirectory directory;
  const std::string loaded = directory / "loaded.so";
  fs::copy_file(ZOO_PLUGIN, loaded);
  const bg_plugin_query_fn query = load_query(loaded, bitgate::sha256_file(loaded));
  const auto* address = reinterpret_cast<const void*>(query);
  const auto open_file = [](const std::string& path) {
    return Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  };
  CHECK(is_mapped_from(open_file(loaded).get(), address));
  CHECK(is_mapped_from(open_file(ZOO_PLUGIN).get(), address));  // same bytes, other inode
  CHECK_FALSE(is_mapped_from(open_file("/proc/self/exe").get(), address));
  std::string bytes = bitgate::read_file(loaded, std::uint64_t{1} << 30);
  const std::size_t constant = bytes.find("the zoo throws");
  REQUIRE(constant != std::string::npos);
  bytes[constant] = 'T';
  CHECK_FALSE(is_mapped_from(open_file(directory.write("swapped.so", bytes)).get(), address));
  int nowhere = 0;
  CHECK_FALSE(is_mapped_from(open_file(loaded).get(), &nowhere));
}
