// bitgate as users have it: installed, and moved since.
#pragma once

#include <string>
#include <vector>

#include "support/program.hpp"

namespace bitgate::test {

/// Runs a program; throws std::runtime_error with what it wrote unless it exits with 0.
Outcome succeed(const std::vector<std::string>& arguments, const Surroundings& around = {});

/// An installed bitgate that was moved away from the prefix that it was installed to.
class Installation {
 public:
  Installation();
  [[nodiscard]] std::string prefix() const { return directory_ / "elsewhere/bitgate"; }
  [[nodiscard]] std::string program() const { return prefix() + "/bin/bitgate"; }
  [[nodiscard]] const TemporaryDirectory& directory() const { return directory_; }

 private:
  TemporaryDirectory directory_;
};

}  // namespace bitgate::test
