// Files that are made to hurt the reader. Each ends in a clear error; one that blocks or explodes
// runs into the test's timeout.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "pipeline/reader.hpp"
#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string repeated(const std::string& text, std::size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

void refuses_path(const std::string& path, const std::string& words) {
  const Outcome outcome = run_bitgate({"validate", path});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, StartsWith(path) && Contains(words));
  // A message is for people: a megabyte of echo is none.
  CHECK(outcome.err.size() < 10'000);
}

void refuses(const std::string& content, const std::string& words) {
  const TemporaryDirectory directory;
  refuses_path(directory.write("hostile.yaml", content), words);
}

}  // namespace

TEST_CASE("a file that is too large is not read to its end") {
  refuses(repeated("# a comment without end\n", 450'000), "larger than 1 MiB");
}

TEST_CASE("aliases can't blow a file up") {
  std::string bomb = "a: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i <= 8; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "k" + std::to_string(i) + ": &a" + std::to_string(i) + " [" +
            repeated(before + ", ", 8) + before + "]\n";
  }
  refuses(bomb, "more than 100000 nodes");
  // Few nodes, much text.
  refuses("a: &a " + std::string(500'000, 'x') + "\nb: [" + repeated("*a, ", 50) + "*a]\n",
          "8 MiB of text");
}

TEST_CASE("nesting has an end") {
  refuses("version: " + std::string(2000, '['), "brackets from here on are closed");
  refuses("version: " + std::string(500'000, '['), "brackets from here on are closed");
  refuses("version: " + std::string(2000, '{'), "brackets from here on are closed");
  refuses("version: " + std::string(2000, '[') + std::string(2000, ']'), "64 levels");
  refuses(repeated("- ", 500'000), "64 levels");
  refuses(repeated("? ", 500'000), "hostile.yaml:1:");
  std::string deep;
  for (std::size_t i = 0; i < 1000; ++i) deep += std::string(i, ' ') + "k:\n";
  refuses(deep, "64 levels");
  refuses(repeated("{a: ", 65) + repeated("}", 65), "64 levels");
}

TEST_CASE("long lines, keys and values are refused without repeating them") {
  refuses("version: 1\nname: " + std::string(1'000'000, 'n') + "\n", "name 'nnn");
  refuses(std::string(1'000'000, 'k') + ": 1\n", "hostile.yaml:1:");
  refuses("? " + std::string(1'000'000, 'k') + "\n: 1\n", "128 bytes");
  refuses("version: \"" + std::string(1'000'000, '1') + "\"\n", "version");
  refuses("version: " + std::string(1'000'000, '1') + "\n", "version");
  refuses("gates: [{id: a, metric: " + std::string(1'000'000, 'm') + "}]\n", "no metric 'mmm");
}

TEST_CASE("a hundred thousand keys or items are refused") {
  std::string keys;
  for (int i = 0; i < 100'000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  refuses(keys, "more than 100000 nodes");
  refuses("backends:\n" + repeated("  k: 1\n", 20'000), "duplicate key");
  refuses("version: [" + repeated("1,", 200'000) + "1]\n", "more than 100000 nodes");
  std::string suites = "suites:\n";
  for (int i = 0; i < 2000; ++i) suites += "  s" + std::to_string(i) + ": 1\n";
  refuses(suites, "2000 keys, more than 1000");
}

TEST_CASE("many lookups of long names end soon") {
  std::string backends = "backends:\n";
  std::string names;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "b" + std::to_string(i) + std::string(58, 'x');
    backends += "  " + name + ": {plugin: cpu_simd}\n";
    names += (i == 0 ? "y" : ", y") + name;
  }
  refuses("version: 1\n" + backends + "suites: {s: {backends: [" + names + "]}}\n", "no backend");
  refuses(
      "version: 1\n" + backends + "suites: {s: {backends: [" + std::string(500'000, 'z') + "]}}\n",
      "no backend");
}

TEST_CASE("bytes that are no text are refused where they stand") {
  refuses(std::string("version: 1\nna\0me: x\n", 20), "hostile.yaml:2:3: control character U+0000");
  refuses(std::string(100'000, '\0'), "control character U+0000");
  refuses(
      "\x7F"
      "ELF\x02\x01\x01",
      "control character U+007F");
  refuses(std::string("\xFF\xFE\x76\x00", 4), "not UTF-8");
  std::string every_byte;
  for (int i = 0; i < 4096; ++i) every_byte += static_cast<char>(255 - i % 256);
  refuses(every_byte, "not UTF-8");
  refuses(repeated("\x1b[31m", 1000), "control character U+001B");
}

TEST_CASE("half a syntax a hundred thousand times is refused") {
  for (const char* piece : {"&a ", "*a ",   "!t ",  "'",    "\"",   "|\n", ">\n", "%TAG\n", "a: ",
                            ": ",  ",",     "]",    "}",    "#",    "@",   "\t",  "---\n",  "...\n",
                            "-\n", "- a: ", "<<: ", "\"\\", "\r\n", "[[]", "{a",  "? a\n: "}) {
    INFO(piece);
    const TemporaryDirectory directory;
    const Outcome outcome =
        run_bitgate({"validate", directory.write("h.yaml", repeated(piece, 100'000))});
    INFO(outcome.err.substr(0, 2000));
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.err.size() < 10'000);
  }
}

TEST_CASE("what is not a file is refused without waiting for it") {
  const TemporaryDirectory directory;
  refuses_path(directory.path(), "Is a directory");
  REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
  refuses_path(directory / "pipe", "not a regular file");
  refuses_path("/dev/zero", "not a regular file");
  refuses_path("/dev/null", "not a regular file");
  refuses_path(directory / "missing.yaml", "No such file");
  REQUIRE(::symlink("loop", (directory / "loop").c_str()) == 0);
  refuses_path(directory / "loop", "symbolic links");
  refuses_path(directory / std::string(300, 'n'), "File name too long");
  refuses_path(directory.write("file", "x") + "/below", "Not a directory");
}

TEST_CASE("a file that may not be read is refused") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("secret.yaml", "version: 1\n");
  REQUIRE(::chmod(path.c_str(), 0) == 0);
  // Permissions mean nothing to root: be somebody else for the moment.
  const bool is_root = ::geteuid() == 0;
  if (is_root) REQUIRE(::seteuid(65534) == 0);
  std::string message;
  try {
    static_cast<void>(bitgate::read_pipeline(path));
  } catch (const bitgate::ConfigError& error) {
    message = error.what();
  }
  if (is_root) REQUIRE(::seteuid(0) == 0);
  CHECK(message == path + ": can't be read: Permission denied; check the path");
}

TEST_CASE("a file with nothing in it says what belongs there") {
  refuses("", "the file is empty; `bitgate schema` shows");
  refuses("\n \n\n", "the file is empty");
  refuses("# nothing\n", "the file is empty");
  refuses("~\n", "must be a map, e.g. {version: 1, name: quickstart, …}, not nothing");
  refuses("---\n", "must be a map");
}

TEST_CASE("at most twenty mistakes are shown and the others counted") {
  std::string text = "version: 1\nname: many\nbackends: {}\nsuites: {}\ngates:\n";
  for (int i = 0; i < 25; ++i) {
    text += "  - {id: g" + std::to_string(i) + ", metric: none, require: \"== 0\"}\n";
  }
  const TemporaryDirectory directory;
  const Outcome outcome = run_bitgate({"validate", directory.write("many.yaml", text)});
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 21);
  CHECK_THAT(outcome.err, Contains("many.yaml:25:") && Contains("\nand 5 more\n"));
}
