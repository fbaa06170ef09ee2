#include "base/file.hpp"

#include <bitgate/atomic_file.hpp>

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <system_error>

#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate;

namespace {

/// Files of this process can't grow beyond `bytes` while this exists: the disk is full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    signal_ = std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  rlimit before_{};
  void (*signal_)(int) = SIG_DFL;
};

std::size_t entries(const test::TemporaryDirectory& directory) {
  const std::filesystem::directory_iterator all(directory.path());
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::error_code error_of(const std::filesystem::path& path, std::uint64_t limit) {
  try {
    read_file(path, limit);
  } catch (const std::system_error& error) {
    CHECK_THAT(error.what(), Catch::Matchers::Contains(path.string()));
    return error.code();
  }
  return {};
}

}  // namespace

TEST_CASE("A file is read whole, whatever bytes it holds") {
  const test::TemporaryDirectory directory;
  const std::string content = std::string("a\0b\r\n", 5) + std::string(100000, 'x');
  CHECK(read_file(directory.write("file", content), 1 << 20) == content);
  CHECK(read_file(directory.write("empty", ""), 0).empty());
}

TEST_CASE("A file of the limit's size is read, one byte more is EFBIG") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.write("file", std::string(1000, 'x'));
  CHECK(read_file(path, 1000).size() == 1000);
  CHECK(error_of(path, 999) == std::errc::file_too_large);
}

TEST_CASE("Pipes and devices are refused, without waiting for a writer") {
  const test::TemporaryDirectory directory;
  REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
  CHECK(error_of(directory / "pipe", 10) == std::errc::not_supported);
  CHECK(error_of("/dev/zero", 1 << 20) == std::errc::not_supported);
}

TEST_CASE("What can't be read is an error that says why") {
  const test::TemporaryDirectory directory;
  CHECK(error_of(directory / "missing", 10) == std::errc::no_such_file_or_directory);
  CHECK(error_of(directory.path(), 10) == std::errc::is_a_directory);
}

TEST_CASE("A file is made, and replaced by another of any size") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "file";
  for (const std::string& content : {std::string("one"), std::string(300000, 'x'), std::string()}) {
    write_file_atomically(path, content);
    CHECK(read_file(path, 1 << 20) == content);
  }
  CHECK(entries(directory) == 1);
}

TEST_CASE("A full disk leaves the old file and nothing else") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.write("file", "old");
  std::error_code code;
  {
    const FileSizeLimit limit(4096);
    try {
      write_file_atomically(path, std::string(10000, 'x'));
    } catch (const std::system_error& error) {
      code = error.code();
    }
  }
  CHECK(code == std::errc::file_too_large);
  CHECK(read_file(path, 100) == "old");
  CHECK(entries(directory) == 1);
}

TEST_CASE("A file that can't be put in its place leaves no temporary one") {
  const test::TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "taken");
  CHECK_THROWS_AS(write_file_atomically(directory / "taken", "new"), std::system_error);
  CHECK(std::filesystem::is_directory(directory / "taken"));
  CHECK(entries(directory) == 1);
  CHECK_THROWS_WITH(write_file_atomically(directory / "missing/file", "new"),
                    Catch::Matchers::Contains("missing/file"));
}

TEST_CASE("A path without a directory is one of the working directory") {
  const test::TemporaryDirectory directory;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  write_file_atomically("file", "content");
  std::filesystem::current_path(before);
  CHECK(read_file(directory / "file", 100) == "content");
}
