#include "worker/lock.hpp"

#include "base/file.hpp"
#include "support/catch.hpp"
#include "support/program.hpp"

using bitgate::test::TemporaryDirectory;
using bitgate::worker::Lock;
using Catch::Matchers::Contains;

namespace {

const std::string kDigest(64, 'a');

}  // namespace

TEST_CASE("a lock reads back what it wrote, sorted, each plugin once") {
  const TemporaryDirectory directory;
  Lock lock(directory / "bitgate.lock");
  lock.add({"json", "reporter", "1.0.0", kDigest});
  lock.add({"cpu_simd", "backend", "1.0.0", kDigest});
  lock.add({"cpu_simd", "backend", "2.0.0", std::string(64, 'b')});
  lock.write();
  CHECK(bitgate::read_file(lock.path(), 4096) ==
        "{\n  \"schema\": \"bitgate.lock/1\",\n  \"plugins\": [\n"
        "    {\"id\":\"cpu_simd\",\"kind\":\"backend\",\"version\":\"1.0.0\",\"sha256\":\"" +
            kDigest +
            "\"},\n"
            "    {\"id\":\"json\",\"kind\":\"reporter\",\"version\":\"1.0.0\",\"sha256\":\"" +
            kDigest + "\"}\n  ]\n}\n");
  const Lock read = Lock::read(lock.path());
  REQUIRE(read.pins().size() == 2);
  CHECK(read.objection({"json", "reporter", "1.0.0", kDigest}, "/x.so").empty());
}

TEST_CASE("a lock objects to other files and other plugins") {
  const Lock lock("/p/bitgate.lock", {{"json", "reporter", "1.0.0", kDigest}});
  CHECK_THAT(lock.objection({"json", "reporter", "1.1.0", std::string(64, 'b')}, "/x.so"),
             Contains("is not the pinned file: /x.so 1.1.0 has sha256 bbb") &&
                 Contains("/p/bitgate.lock pins 1.0.0 aaa") && Contains("bitgate plugin lock"));
  CHECK_THAT(lock.objection({"json", "backend", "1.0.0", kDigest}, "/x.so"),
             Contains("backend plugin 'json' (/x.so) is not pinned in /p/bitgate.lock"));
}

TEST_CASE("what is no lock file is refused with its name and the fix") {
  const TemporaryDirectory directory;
  const auto fails = [&](const std::string& path, const std::string& words) {
    CHECK_THROWS_WITH(Lock::read(path),
                      Contains(path) && Contains(words) && Contains("bitgate plugin lock"));
  };
  fails(directory / "absent.lock", "can't be read");
  fails(directory.write("text.lock", "plugins:"), "is no lock file");
  fails(directory.write("other.lock", R"({"schema": "x/1"})"), "is no bitgate.lock/1");
  fails(directory.write("list.lock", "[]"), "is no lock file");
  fails(directory.write("short.lock", R"({"schema": "bitgate.lock/1", "plugins": [{"id": "a"}]})"),
        "is no lock file");
  fails(directory.write("digest.lock",
                        R"({"schema": "bitgate.lock/1", "plugins": [{"id": "a", "kind": "backend",
                            "version": "1", "sha256": "12"}]})"),
        "no digest");
}
