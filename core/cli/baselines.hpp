// What `bitgate run` and `bitgate baseline` say about stored receipts.
#pragma once

#include <string>

#include "run/baseline.hpp"

namespace bitgate::cli {

/// HEAD of the git repository here. Throws UsageError without one, or if files of it are changed: a
/// baseline is of a commit.
std::string commit_here();

/// Why there is none for this receipt: what the directory has in place of it.
std::string why_no_baseline(const std::string& directory, const Receipt& receipt);

/// Prints, as advice, how numbers moved; returns how many the baseline has and the receipt lacks.
std::size_t print_movements(const Baseline& baseline, const Receipt& now);

/// After a run with --baselines: a run of flow `generative` that passed and has no baseline records
/// itself as one and says so; any other writes nothing. Never changes the verdict.
void after_run(const std::string& directory, const Receipt& receipt);

}  // namespace bitgate::cli
