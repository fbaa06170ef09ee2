#include "worker/search.hpp"

#include <filesystem>

#include "support/catch.hpp"
#include "support/program.hpp"

namespace fs = std::filesystem;
using namespace bitgate::worker;
using bitgate::test::TemporaryDirectory;
using Catch::Matchers::Contains;

TEST_CASE("plugins are found in the order of the directories, the first of an id wins") {
  const TemporaryDirectory first;
  const TemporaryDirectory second;
  fs::copy_file(ZOO_PLUGIN, first / "a.so");
  fs::copy_file(ZOO_PLUGIN, second / "b.so");
  const Catalog catalog = search({first.path(), second.path()});
  CHECK(catalog.plugins.size() == 2);
  CHECK(find_plugin(catalog, "test.zoo", "backend").path == fs::canonical(first / "a.so"));
}

TEST_CASE("the same id twice in one directory is ambiguous, and both files are named") {
  const TemporaryDirectory directory;
  fs::copy_file(ZOO_PLUGIN, directory / "a.so");
  fs::copy_file(ZOO_PLUGIN, directory / "b.so");
  const Catalog catalog = search({directory.path()});
  CHECK_THROWS_WITH(find_plugin(catalog, "test.zoo", "backend"),
                    Contains("a.so") && Contains("b.so") && Contains("ambiguous"));
}

TEST_CASE("a plugin that is not found lists what was tried, with a guess") {
  const TemporaryDirectory directory;
  fs::copy_file(ZOO_PLUGIN, directory / "a.so");
  static_cast<void>(directory.write("text.so", "no library"));
  const Catalog catalog = search({directory.path(), "/nowhere/at/all"});
  CHECK_THROWS_WITH(find_plugin(catalog, "test.zo", "backend"),
                    Contains("did you mean 'test.zoo'") && Contains(directory.path()) &&
                        Contains("/nowhere/at/all (does not exist)") && Contains("text.so"));
  CHECK_THROWS_WITH(find_plugin(catalog, "test.zoo", "reporter"), Contains("no reporter plugin"));
}

TEST_CASE("only .so files directly in a directory are looked at") {
  const TemporaryDirectory directory;
  fs::create_directory(directory / "below");
  fs::copy_file(ZOO_PLUGIN, directory / "below/a.so");
  fs::copy_file(ZOO_PLUGIN, directory / "plugin.txt");
  CHECK(search({directory.path()}).plugins.empty());
}

TEST_CASE("a plugin can be named by its file") {
  CHECK(plugin_at(ZOO_PLUGIN, "backend").identity.id == "test.zoo");
  CHECK_THROWS_WITH(plugin_at(ZOO_PLUGIN, "reporter"), Contains("0 reporter plugins"));
  CHECK_THROWS_WITH(plugin_at("/nowhere/x.so", "backend"), Contains("/nowhere/x.so"));
}
