#include "measure/disturbance.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate;
using namespace bitgate::test;

namespace {

/// What the kernel would say of one process with two threads.
class Proc {
 public:
  Proc() { set(0, 0, 0, 0); }

  void set(long ran, long waited, long stolen, long idle) const {
    write("proc/7/task/7/schedstat", std::to_string(ran) + " " + std::to_string(waited) + " 3\n");
    write("proc/7/task/8/schedstat", std::to_string(ran) + " " + std::to_string(waited) + " 3\n");
    write("proc/stat", "cpu  100 0 0 " + std::to_string(idle) + " 0 0 0 " + std::to_string(stolen) +
                           " 0 0\ncpu0 1 2 3\n");
  }
  [[nodiscard]] std::string root() const { return directory_.path(); }

 private:
  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = directory_ / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("Waiting and steal are shares of the time since the meter was made") {
  const Proc proc;
  proc.set(1000, 1000, 50, 1000);
  const DisturbanceMeter meter({7}, proc.root());
  proc.set(1300, 1100, 60, 1090);
  const auto seen = meter.read();
  REQUIRE(seen);
  CHECK(seen->waited == Approx(0.25));  // 100 of 300 + 100
  CHECK(seen->stolen == Approx(0.1));   // 10 of 10 + 90
}

TEST_CASE("Where nothing is counted, nothing is known") {
  const Proc proc;
  CHECK_FALSE(DisturbanceMeter({8}, proc.root()).read());
  CHECK_FALSE(DisturbanceMeter({7}, proc.root() + "/elsewhere").read());
}

TEST_CASE("Nothing happened: nothing was disturbed") {
  const Proc proc;
  const auto seen = DisturbanceMeter({7}, proc.root()).read();
  REQUIRE(seen);
  CHECK(seen->waited == 0);
  CHECK(seen->stolen == 0);
}

TEST_CASE("This process is counted, if the kernel counts at all") {
  const DisturbanceMeter meter({::getpid()});
  if (const auto seen = meter.read()) {
    CHECK(seen->waited >= 0);
    CHECK(seen->waited <= 1);
  } else {
    WARN("this kernel counts no waiting");
  }
}
