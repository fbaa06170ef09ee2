// Options of all commands that read a pipeline: which file, which cases.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "pipeline/expand.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/reader.hpp"

namespace bitgate::cli {

inline constexpr const char* kPipelineArgument = "pipeline";

/// --filter, --shard, -a, --threads, --seed, --tokens, --set.
po::options_description selection_options();

/// The pipeline file that was named, or configs/quickstart.yaml of this installation.
std::filesystem::path pipeline_path(const po::variables_map& values);

/// A pipeline with its cases; the cases point into it.
struct Selection {
  Pipeline pipeline;
  std::vector<Case> cases;
  std::string filter;     ///< that chose them; empty: all
  std::string shard;      ///< "2/3": the part of these that they are; empty: all
  std::string why_empty;  ///< why there are no cases, if there are none
};

/// What the command line changes in a pipeline. Throws UsageError.
Overrides overrides_of(const po::variables_map& values);

/// Expands `out.pipeline` and keeps what --filter and --shard name.
void choose_cases(const po::variables_map& values, Selection& out);

/// Reads the pipeline with the command line's changes and expands it. Throws ConfigError,
/// UsageError. The result must stay where it is: `cases` point into `pipeline`.
void select(const po::variables_map& values, Selection& out);

}  // namespace bitgate::cli
