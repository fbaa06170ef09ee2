// Plugins that lie about themselves, or are built for another host, are refused with the fix.
#include <filesystem>

#include "abi/plain.hpp"
#include "base/file.hpp"
#include "e2e/run.hpp"
#include "support/catch.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

/// Why the only case of a run on this plugin file was not measured.
std::string refusal(const std::string& file) {
  const Run run = run_pipeline(plain_pipeline(file));
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 4);
  CHECK(run.gate("exact")["status"] != "pass");
  return run.on("plain")["reason"].get<std::string>();
}

/// A copy of the healthy plugin with one 16-bit word of its note changed.
std::string with_note_word(const TemporaryDirectory& directory, std::size_t offset, char value) {
  std::string bytes = bitgate::read_file(plain_file("healthy"), std::uint64_t{1} << 24);
  const std::size_t owner = bytes.find(std::string("bitgate\0", 8) + std::string("\1\0", 2));
  REQUIRE(owner != std::string::npos);
  bytes[owner + 8 + offset] = value;
  return directory.write("changed.so", bytes);
}

}  // namespace

TEST_CASE("the plain C backend is measured and passes") {
  const Run run = run_pipeline(plain_pipeline(plain_file("healthy")));
  INFO(run.outcome.err << run.outcome.out);
  CHECK(run.outcome.exit_code == 0);
  CHECK(run.receipt["plugins"][0]["id"] == "test.plain");
  CHECK(run.receipt["plugins"][0]["trusted_by"].is_null());
}

TEST_CASE("a plugin that needs a newer host is refused before it is loaded") {
  CHECK_THAT(refusal(plain_file("too_new")),
             Contains("plugin test.plain needs ABI 1.9, this host has 1.") &&
                 Contains("upgrade bitgate or rebuild"));
}

TEST_CASE("a plugin of another major version is refused before it is loaded") {
  const TemporaryDirectory directory;
  CHECK_THAT(refusal(with_note_word(directory, 0, 2)),
             Contains("plugin test.plain is built for ABI 2.") && Contains("this host speaks 1.") &&
                 Contains("rebuild the plugin"));
}

TEST_CASE("a note of an unknown kind is refused") {
  const TemporaryDirectory directory;
  CHECK_THAT(refusal(with_note_word(directory, 8, 7)), Contains("unknown plugin kind 7"));
}

TEST_CASE("a library without a note is no plugin") {
  CHECK_THAT(refusal(plain_file("no_note")),
             Contains("has no bitgate note") && Contains("BG_PLUGIN_NOTE"));
}

TEST_CASE("impossible table sizes are refused, whichever way they are wrong") {
  for (const char* variant : {"size_0", "size_3", "size_huge"}) {
    INFO(variant);
    CHECK_THAT(refusal(plain_file(variant)),
               Contains("table of bg_plugin claims") && Contains("set struct_size to the sizeof"));
  }
  CHECK_THAT(refusal(plain_file("backend_size_3")),
             Contains("table of bitgate.backend/1 claims 3 bytes"));
}

TEST_CASE("a table that contradicts the note is refused with both sides") {
  CHECK_THAT(refusal(plain_file("other_id")),
             Contains("its note names plugin 'test.plain', its query does not"));
  CHECK_THAT(refusal(plain_file("other_version")),
             Contains("version 1.0.0 in its note and 2.0.0 in its table"));
  CHECK_THAT(refusal(plain_file("other_kind")),
             Contains("kind backend in its note and reporter in its table"));
}

TEST_CASE("a backend can't be used as a reporter") {
  const Run run = run_pipeline(plain_pipeline(plain_file("healthy")) + "reporters: [{plugin: " +
                               plain_file("healthy") + ", required: true}]\n");
  CHECK(run.outcome.exit_code == 4);
  CHECK_THAT(run.outcome.err, Contains("holds 0 reporter plugins"));
}

TEST_CASE("two plugins of one id in one directory are ambiguous, and both are named") {
  const TemporaryDirectory directory;
  fs::copy_file(plain_file("healthy"), directory / "a.so");
  fs::copy_file(plain_file("other_version"), directory / "b.so");
  Surroundings around;
  around.environment["BITGATE_PLUGIN_PATH"] = directory.path();
  const Run run = run_pipeline(plain_pipeline("test.plain"), {}, around);
  CHECK(run.outcome.exit_code == 4);
  CHECK_THAT(run.on("plain")["reason"].get<std::string>(),
             Contains("ambiguous") && Contains("a.so") && Contains("b.so"));
}
