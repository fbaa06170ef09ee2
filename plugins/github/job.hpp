// What a job of GitHub Actions shows and hands on: its summary page and its outputs.
#pragma once

#include <string>
#include <vector>

#include "result.hpp"

namespace github {

/// Appends the report to the file that GITHUB_STEP_SUMMARY names, and the outputs gate, status,
/// reason, route, evidence and receipt to the one that GITHUB_OUTPUT names; where they are not set
/// there is nothing to do. Returns what could not be written.
std::vector<std::string> write_job_files(const Json& receipt, const Result& result);

}  // namespace github
