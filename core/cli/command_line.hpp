// Parsing one command's arguments on Boost.Program_options.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include <boost/program_options.hpp>

#include "cli/commands.hpp"

namespace bitgate::cli {

namespace po = boost::program_options;

/// A mistake on the command line; exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How a command is called.
struct Usage {
  std::string synopsis;      ///< "bitgate run [FILE] [options]"
  std::string description;   ///< a few sentences
  std::string positional;    ///< name of the positional option, empty if there is none
  int most_positionals = 0;  ///< -1: any number
};

/// Parses the arguments. Nothing if --help was asked for, which is then printed. Throws UsageError.
std::optional<po::variables_map> parse(const Usage& usage, const po::options_description& options,
                                       const Arguments& arguments);

}  // namespace bitgate::cli
