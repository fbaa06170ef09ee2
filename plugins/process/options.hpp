// What a pipeline says of an outside command and its results.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace process {

/// Where a document of one's own keeps a number, or a list of them, and what it is.
struct ValuePlace {
  std::string path;  ///< JSON pointer, "/decode/tokens_per_second"
  std::string unit;  ///< one of units()
};

struct Options {
  std::vector<std::string> command;
  std::string directory = ".";
  std::vector<std::string> environment;  ///< "NAME=value"
  std::uint64_t runs = 1;
  std::string format;
  std::string path;                          ///< of the results; empty: stdout
  std::map<std::string, ValuePlace> values;  ///< of format json, by the name of the benchmark
  std::vector<std::string> mocks;
};

/// What a unit of a value makes of one execution. A time has no amount; a rate is an amount over
/// the time of it.
struct Unit {
  std::string_view name;
  double ns = 0;  ///< of one unit of time; 0: it is a rate
  double amount = 0;
  std::string_view of;  ///< "tokens", "items", "bytes"
};

/// nullptr if there is no such unit.
const Unit* find_unit(std::string_view name);

/// JSON of the plugin's description, with the schema of its options.
extern const std::string_view kDescription;

/// Throws bitgate::Error for what the schema can't say.
Options read_options(std::string_view text);

/// The same where nothing says what to run: such a plugin opens, and is of no use.
void require_command(const Options& options);

}  // namespace process
