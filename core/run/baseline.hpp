// Stored receipts: what a pipeline came to earlier on such a machine. They show where numbers move
// and decide nothing: a number of another hour says nothing about a change.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "receipt/read.hpp"
#include "receipt/receipt.hpp"

namespace bitgate {

inline constexpr const char* kBaselineSchema = "bitgate.baseline/1";

/// A receipt that can't be a baseline, or a file that is none; what() says why.
class BadBaseline : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Baseline {
  std::filesystem::path path;
  std::string commit;       ///< of what was measured: 40 hex digits
  std::string fingerprint;  ///< of the environment
  Receipt receipt;
};

/// 12 hex digits of what a machine and its system are, without what changes from hour to hour.
std::string fingerprint_of(const Environment& environment);

/// Where the baseline of this receipt's pipeline and environment lies in a directory.
std::filesystem::path baseline_path(const std::filesystem::path& directory, const Receipt& receipt);

/// Stores a receipt, in the place of the one that was there. Throws BadBaseline unless it is
/// verified, its verdict is pass, and the commit is a whole one; std::system_error if it can't be
/// written.
Baseline save_baseline(const std::filesystem::path& directory,
                       const nlohmann::ordered_json& document, const std::string& commit);

/// The stored receipt for this one's pipeline and environment, verified; nothing if there is none.
/// Throws BadBaseline.
std::optional<Baseline> find_baseline(const std::filesystem::path& directory,
                                      const Receipt& receipt);

/// All of a directory, by name; none if it is not there. Throws BadBaseline at the first that is
/// none.
std::vector<Baseline> baselines_in(const std::filesystem::path& directory);

/// One number then and now.
struct Movement {
  std::string id;  ///< of the case
  std::string metric;
  std::string unit;
  Direction direction = Direction::kLower;
  std::optional<double> before;  ///< nothing: the baseline has no such number
  std::optional<double> now;     ///< nothing: it is missing now
};

/// The metrics of both receipts' gates in all cases that either has measured.
std::vector<Movement> movements(const Receipt& before, const Receipt& now);

}  // namespace bitgate
