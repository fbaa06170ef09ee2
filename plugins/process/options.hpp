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
  std::string unit;  ///< one of interop::units()
};

struct Options {
  std::vector<std::string> command;
  bool imported = false;  ///< the results lie there already: nothing is run
  std::string directory = ".";
  std::vector<std::string> environment;  ///< "NAME=value"
  std::uint64_t runs = 1;
  std::string format;
  std::string path;                          ///< of the results; empty: stdout
  std::map<std::string, ValuePlace> values;  ///< of format json, by the name of the benchmark
  std::vector<std::string> mocks;
};

/// JSON of the plugin's description, with the schema of its options.
extern const std::string_view kDescription;

/// Throws bitgate::Error for what the schema can't say.
Options read_options(std::string_view text);

/// Throws where nothing says what to run or to read: such a plugin opens, and is of no use.
void require_source(const Options& options);

}  // namespace process
