#include "support/installation.hpp"

#include <filesystem>
#include <stdexcept>

namespace bitgate::test {

Outcome succeed(const std::vector<std::string>& arguments, const Surroundings& around) {
  Outcome outcome = run_program(arguments, around);
  if (outcome.exit_code == 0) return outcome;
  std::string message = "exit " + std::to_string(outcome.exit_code) + " of";
  for (const std::string& argument : arguments) message += " " + argument;
  throw std::runtime_error(message + "\n" + outcome.out + outcome.err);
}

Installation::Installation() {
  const std::string first = directory_ / "first";
  succeed({BITGATE_CMAKE, "--install", BITGATE_BINARY_DIR, "--prefix", first});
  std::filesystem::create_directory(directory_ / "elsewhere");
  std::filesystem::rename(first, prefix());
}

}  // namespace bitgate::test
