#include "cli/config_source.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "base/command.hpp"

namespace bitgate::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOption = "config-from";
constexpr std::size_t kMostBytes = std::size_t{2} << 20;

/// The commit, so that a ref that moves meanwhile is one and the same for all files.
std::string commit_of(const std::string& ref) {
  try {
    std::string commit = command_output(
        {"git", "rev-parse", "--verify", "--quiet", "--end-of-options", ref + "^{commit}"}, 100);
    while (!commit.empty() && commit.back() == '\n') commit.pop_back();
    return commit;
  } catch (const std::runtime_error&) {
    throw UsageError(
        fmt::format("--config-from {}: this directory's git repository has no such "
                    "ref; fetch it first",
                    ref));
  }
}

}  // namespace

void add_config_source(po::options_description& options) {
  options.add_options()(kOption, po::value<std::string>()->value_name("REF"),
                        "read the pipeline and its lock from this git ref, not from the directory");
}

bool has_config_ref(const po::variables_map& values) { return values.count(kOption) != 0; }

std::optional<std::string> find_in_ref(const po::variables_map& values, const fs::path& file) {
  try {
    return read_from_ref(values, file);
  } catch (const UsageError&) {
    return std::nullopt;
  }
}

std::string read_from_ref(const po::variables_map& values, const fs::path& file) {
  const auto ref = values[kOption].as<std::string>();
  const std::string commit = commit_of(ref);
  const fs::path here = fs::absolute(file).lexically_relative(fs::current_path());
  try {
    return command_output({"git", "cat-file", "blob", commit + ":./" + here.generic_string()},
                          kMostBytes);
  } catch (const std::runtime_error& error) {
    throw UsageError(fmt::format("--config-from {}: {} can't be read there: {}", ref, file.string(),
                                 error.what()));
  }
}

}  // namespace bitgate::cli
